"""Statements that open no block, read from the tokens of one line."""

from __future__ import annotations

from collections.abc import Sequence

from agentgym.environments.json_math.pseudocode.expressions import Reader, shown
from agentgym.environments.json_math.pseudocode.tokens import Token
from agentgym.environments.json_math.pseudocode.tree import (
    Assign,
    Augment,
    Call,
    Do,
    Expression,
    Index,
    Leave,
    ListOf,
    Name,
    Return,
    Statement,
    Swap,
    Target,
)

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


def simple(reader: Reader, *, in_loop: bool) -> Statement:
    """Return a statement that opens no block."""
    token = reader.next
    if reader.takes("return"):
        return Return(reader.line, None if reader.next.kind == "end" else values(reader, alone=True)[0])
    if word := reader.takes("break", "continue"):
        if not in_loop:
            reader.fail(f"{word} stands outside any loop")
        return Leave(reader.line, word)
    after = reader.tokens[reader.at + 1]
    # A name before another value is a word: append x to a, let x = 1. So it is in append [x, y] to a.
    if token.kind == "name" and (after.kind not in ("sign", "end", "word") or has_place(reader.tokens[reader.at :])):
        return worded(reader, token)
    sign = assignment_sign(reader.tokens[reader.at :])
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
    if word in ("let", "set", "var") and assignment_sign(reader.tokens[reader.at :]):
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
    found = [reader.postfix()]
    while reader.takes(","):
        found.append(reader.postfix())
    if len(found) == 1 and isinstance(found[0], ListOf):  # [x, y] = p and (x, y) = p
        found = unpacked(reader, found[0])
    targets = [as_target(reader, value) for value in found]
    if not reader.takes(*ASSIGNMENTS):
        reader.fail(f"expected =, found {shown(reader.next)}")
    reader.assigns = True
    given = values(reader, alone=len(targets) == 1)
    if len(given) not in (1, len(targets)):
        reader.fail(f"{len(targets)} names get {len(given)} values")
    return Assign(reader.line, tuple(targets), given)


def unpacked(reader: Reader, written: ListOf) -> list[Expression]:
    """Return the targets that stand between brackets; they are several."""
    if len(written.items) < 2:
        reader.fail("brackets left of = stand around two names or more; write x = p[0] for one")
    return list(written.items)


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
