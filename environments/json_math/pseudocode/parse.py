"""Programs, read from their lines: which lines belong to which block, and what each of them does."""

from __future__ import annotations

from collections.abc import Sequence

from agentgym.environments.json_math.pseudocode.expressions import Reader, shown
from agentgym.environments.json_math.pseudocode.tokens import Line, Token, fail, read_lines
from agentgym.environments.json_math.pseudocode.tree import (
    Assign,
    Augment,
    Block,
    Branch,
    Call,
    Count,
    Do,
    Each,
    Expression,
    Function,
    If,
    Index,
    Leave,
    ListOf,
    Name,
    Program,
    Return,
    Statement,
    Swap,
    Target,
    While,
)

MAX_BLOCKS = 10
ASSIGNMENTS = ("=", ":=", "<-")
AUGMENTED = {"+=": "+", "-=": "-", "*=": "*", "/=": "/", "div=": "div", "mod=": "mod", "^=": "^"}
# What is written in other languages, and what to write here.
ADVICE = {
    "end": "blocks end where their indentation does; leave the line out",
    "endif": "blocks end where their indentation does; leave the line out",
    "endfor": "blocks end where their indentation does; leave the line out",
    "endwhile": "blocks end where their indentation does; leave the line out",
    "input": "the inputs have their values from the start; leave the line out",
    "output": "the result is what the program returns; write return",
    "print": "the result is what the program returns; write return",
    "pass": "it would do nothing; leave the line out",
    "skip": "it would do nothing; leave the line out",
    "repeat": "write a while or for loop",
    "import": "the language has no modules",
    "class": "the language has no classes",
    "global": "functions may change the program's lists and maps, not what its names stand for; leave the line out",
}


def parse(text: str) -> Program:
    """Return the tree of a program.

    Raises:
        PseudocodeError: it is not in the grammar, or beyond its limits.
    """
    lines = read_lines(text)
    reader = _Blocks(lines)
    body = reader.block(lines[0].indent, 0)
    if reader.at < len(lines):
        fail(lines[reader.at].number, "indented less than the first line")
    return Program(tuple(reader.functions.values()), body)


class _Blocks:
    """What is left of the lines of a program."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.at = 0
        self.functions: dict[str, Function] = {}
        self.in_function = False
        self.loops = 0

    def block(self, indent: int, depth: int) -> Block:
        """Return the statements that are indented like the next line."""
        if depth > MAX_BLOCKS:
            fail(self.lines[self.at].number, f"blocks nested deeper than {MAX_BLOCKS}")
        statements: list[Statement] = []
        while self.at < len(self.lines) and self.lines[self.at].indent >= indent:
            line = self.lines[self.at]
            if line.indent > indent:
                fail(line.number, "indented, but no line above opens a block for it")
            self.at += 1
            statement = self.statement(Reader(line.tokens, line.number), indent, depth)
            if statement is not None:
                statements.append(statement)
        return tuple(statements)

    def statement(self, reader: Reader, indent: int, depth: int) -> Statement | None:
        """Return what a line does, with the block below it; a function is only noted."""
        word = reader.next.text if reader.next.kind == "word" else ""
        if word == "function":
            self.function(reader, indent, depth)
            return None
        if word == "if":
            return self.branches(reader, indent, depth)
        if word in ("while", "for"):
            return self.loop(reader, indent, depth)
        if word in ("elif", "else"):
            fail(reader.line, f"{word} without an if above it at the same indentation")
        statement = self.simple(reader)
        reader.finish()
        return statement

    def body(self, reader: Reader, indent: int, depth: int, *opening: str) -> Block:
        """Return the block below a line, or what stands behind the colon or word that opens it."""
        if opening and not reader.takes(":"):
            reader.takes_name(*opening)
        reader.takes(":")
        if reader.next.kind != "end":
            if reader.next.text in ("if", "while", "for", "function") and reader.next.kind == "word":
                reader.fail(f"unexpected {shown(reader.next)}; it opens a block, so it needs a line of its own")
            statement = self.simple(reader)
            reader.finish()
            return (statement,)
        if self.at == len(self.lines) or self.lines[self.at].indent <= indent:
            reader.fail("the lines of its block must be indented below it")
        return self.block(self.lines[self.at].indent, depth + 1)

    def function(self, reader: Reader, indent: int, depth: int) -> None:
        reader.expect("function")
        name = reader.name("the name of the function")
        if depth or self.in_function:
            reader.fail("a function stands at the outermost indentation, not inside a block")
        if name in self.functions:
            reader.fail(f"there is a function {name} already, in line {self.functions[name].line}")
        reader.expect("(")
        parameters: list[str] = []
        while not reader.takes(")"):
            parameters.append(reader.name("the name of a parameter"))
            if reader.next.text != ")":
                reader.expect(",")
        if len(set(parameters)) < len(parameters):
            reader.fail("two parameters have one name")
        self.in_function = True
        body = self.body(reader, indent, depth, "do", "is")
        self.in_function = False
        self.functions[name] = Function(reader.line, name, tuple(parameters), body)

    def branches(self, reader: Reader, indent: int, depth: int) -> If:
        branches: list[Branch] = []
        other, other_line, line = None, 0, reader.line
        reader.expect("if")
        while True:
            condition = reader.expression()
            branches.append(Branch(reader.line, condition, self.body(reader, indent, depth, "then", "do")))
            following = self.following(indent)
            if following is None:
                break
            reader = following
            if reader.takes("elif"):
                continue
            reader.expect("else")
            if not reader.takes("if"):
                other_line, other = reader.line, self.body(reader, indent, depth, "do")
                break
        return If(line, tuple(branches), other_line, other)

    def following(self, indent: int) -> Reader | None:
        """Take the next line if it goes on with an if of this indentation."""
        if self.at == len(self.lines) or self.lines[self.at].indent != indent:
            return None
        line = self.lines[self.at]
        if line.tokens[0].kind != "word" or line.tokens[0].text not in ("elif", "else"):
            return None
        self.at += 1
        return Reader(line.tokens, line.number)

    def loop(self, reader: Reader, indent: int, depth: int) -> Statement:
        self.loops += 1
        line = reader.line
        statement: Statement
        if reader.takes("while"):
            condition = reader.expression()
            statement = While(line, condition, self.body(reader, indent, depth, "do"))
        else:
            reader.expect("for")
            statement = self.counted(reader, indent, depth)
        self.loops -= 1
        return statement

    def counted(self, reader: Reader, indent: int, depth: int) -> Statement:
        """Return a for loop, over integers or over elements."""
        if reader.next.text.lower() in ("each", "all") and reader.tokens[reader.at + 1].kind == "name":
            reader.at += 1
        names = [reader.name("the name of the loop's variable")]
        while reader.takes(","):
            names.append(reader.name("the name of the loop's variable"))
        inside = reader.takes("in")
        if not inside and not reader.takes(*ASSIGNMENTS) and not reader.takes_name("from"):
            reader.fail("a loop is written for i = a to b, or for each x in list")
        first = reader.expression()
        direction = reader.takes("..") or reader.takes_name("to", "downto", "upto", "down")
        if not direction and inside:
            return Each(reader.line, tuple(names), first, self.body(reader, indent, depth, "do"))
        if direction == "down" and not reader.takes_name("to"):
            reader.fail("expected down to")
        if not direction or len(names) > 1:
            reader.fail("a loop over integers is written for i = a to b")
        last = reader.expression()
        step = reader.expression() if reader.takes_name("step", "by") else None
        down = direction in ("downto", "down")
        body = self.body(reader, indent, depth, "do")
        return Count(reader.line, names[0], first, last, step, down, body)

    def simple(self, reader: Reader) -> Statement:
        """Return a statement that opens no block."""
        token = reader.next
        if reader.takes("return"):
            return Return(reader.line, None if reader.next.kind == "end" else values(reader, alone=True)[0])
        if word := reader.takes("break", "continue"):
            if not self.loops:
                reader.fail(f"{word} stands outside any loop")
            return Leave(reader.line, word)
        after = reader.tokens[reader.at + 1]
        # A name before another value is a word: append x to a, let x = 1. So it is in append [x, y] to a.
        if token.kind == "name" and (after.kind not in ("sign", "end", "word") or has_place(reader.tokens)):
            return worded(reader, token)
        sign = assignment_sign(reader.tokens)
        if sign in AUGMENTED:
            target = as_target(reader, reader.postfix())
            reader.at += 1
            return Augment(reader.line, target, AUGMENTED[sign], reader.expression())
        if sign:
            return assignment(reader)
        return call(reader)


def worded(reader: Reader, token: Token) -> Statement:
    """Return a statement that starts with a word: append, add, push, swap, remove, delete, let."""
    word = token.text.lower()
    reader.at += 1
    if word in ("let", "set", "var") and assignment_sign(reader.tokens):
        return assignment(reader)
    if word in ("append", "add", "push"):
        value = reader.expression()
        if reader.takes_name("to", "onto"):
            return Do(reader.line, Call("append", (reader.expression(), value)))
        reader.fail(f"expected to, as in {word} x to a; found {shown(reader.next)}")
    if word in ("remove", "delete"):
        value = reader.expression()
        if reader.takes_name("from"):
            return Do(reader.line, Call("remove", (reader.expression(), value)))
        reader.fail(f"expected from, as in {word} x from a; found {shown(reader.next)}")
    if word in ("sort", "reverse"):
        return Do(reader.line, Call(word, (reader.expression(),)))
    if word == "swap":
        first = as_target(reader, reader.postfix())
        if not reader.takes(",", "and") and not reader.takes_name("with"):
            reader.fail(f"expected and, as in swap a[i] and a[j]; found {shown(reader.next)}")
        return Swap(reader.line, first, as_target(reader, reader.postfix()))
    reader.fail(ADVICE.get(word, f"unknown statement {token.text!r}"))


def assignment(reader: Reader) -> Statement:
    """Return one with as many targets and values as are written."""
    targets = [as_target(reader, reader.postfix())]
    while reader.takes(","):
        targets.append(as_target(reader, reader.postfix()))
    if not reader.takes(*ASSIGNMENTS):
        reader.fail(f"expected =, found {shown(reader.next)}")
    reader.assigns = True
    found = values(reader, alone=len(targets) == 1)
    if len(found) not in (1, len(targets)):
        reader.fail(f"{len(targets)} names get {len(found)} values")
    return Assign(reader.line, tuple(targets), found)


def values(reader: Reader, *, alone: bool) -> tuple[Expression, ...]:
    """Return expressions between commas; those for one place are one list."""
    found = [reader.expression()]
    while reader.takes(","):
        found.append(reader.expression())
    return (ListOf(tuple(found)),) if alone and len(found) > 1 else tuple(found)


def call(reader: Reader) -> Statement:
    """Return a call that stands alone."""
    token = reader.next
    value = reader.expression()
    if not isinstance(value, Call):
        detail = "this line has no effect; write x = ... or return ..."
        reader.fail(ADVICE.get(token.text.lower(), detail) if token.kind == "name" else detail)
    if value.function == "swap" and len(value.arguments) == 2:
        first, second = value.arguments
        return Swap(reader.line, as_target(reader, first), as_target(reader, second))
    if value.function in ("print", "output", "input"):
        reader.fail(ADVICE[value.function])
    return Do(reader.line, value)


def as_target(reader: Reader, value: Expression) -> Target:
    """Return what may stand left of an assignment."""
    if not isinstance(value, Name | Index):
        reader.fail("only a name or an element, as a[i], can be given a value")
    return value


def has_place(tokens: Sequence[Token]) -> bool:
    """Tell whether a line is written like append ... to a or remove ... from a."""
    places = {"append": "to", "add": "to", "push": "to", "remove": "from", "delete": "from"}
    place = places.get(tokens[0].text.lower())
    depth = 0
    for token in tokens[1:]:
        depth += token.kind == "sign" and token.text in ("(", "[", "{")
        depth -= token.kind == "sign" and token.text in (")", "]", "}")
        if depth == 0 and token.kind == "name" and token.text.lower() in (place, f"on{place}"):
            return True
    return False


def assignment_sign(tokens: Sequence[Token]) -> str:
    """Return the first sign outside all brackets that assigns; empty if none does."""
    depth = 0
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
            if depth == 0 and (token.text in ASSIGNMENTS or token.text in AUGMENTED):
                return token.text
    return ""
