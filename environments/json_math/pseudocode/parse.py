"""Programs, read from their lines: which lines belong to which block, and what each of them does."""

from __future__ import annotations

from collections.abc import Sequence

from agentgym.environments.json_math.pseudocode.expressions import Reader, shown
from agentgym.environments.json_math.pseudocode.simple import ASSIGNMENTS, simple
from agentgym.environments.json_math.pseudocode.tokens import Line, fail, read_lines
from agentgym.environments.json_math.pseudocode.tree import (
    Block,
    Branch,
    Count,
    Each,
    Function,
    If,
    Program,
    Statement,
    While,
)

MAX_BLOCKS = 10


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
        statement = simple(reader, in_loop=self.loops > 0)
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
            statement = simple(reader, in_loop=self.loops > 0)
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
        after = reader.tokens[min(reader.at + 1, len(reader.tokens) - 1)]
        if reader.next.text.lower() in ("each", "all") and (after.kind == "name" or after.text in ("[", "(")):
            reader.at += 1
        names = loop_names(reader)
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


def loop_names(reader: Reader) -> list[str]:
    """Return the names that a loop gives values to; several may stand between brackets."""
    opened = reader.takes("[", "(")
    names = [reader.name("the name of the loop's variable")]
    while reader.takes(","):
        names.append(reader.name("the name of the loop's variable"))
    if opened:
        reader.expect("]" if opened == "[" else ")")
        if len(names) == 1:
            reader.fail(f"brackets stand around two names or more; write for each {names[0]} in")
    return names
