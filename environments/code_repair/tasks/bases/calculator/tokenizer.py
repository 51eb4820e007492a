"""Splitting of a line into numbers, names and symbols."""

import re
from dataclasses import dataclass

COMMENT_MARK = "#"
TOKEN = re.compile(r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<symbol>[-+*/%^(),=]))")


class InputError(ValueError):
    """A line cannot be understood."""


@dataclass(frozen=True)
class Token:
    """One word of a line; `kind` is `number`, `name`, `symbol` or `end`."""

    kind: str
    text: str


def tokens_of(line: str) -> list[Token]:
    """Return the tokens of a line up to a comment; the last one is an `end` without text."""
    text = line.split(COMMENT_MARK)[0].rstrip()
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        found = TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise InputError(f"unexpected character behind {text[:position]!r}")
        tokens.append(Token(found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return [*tokens, Token("end", "")]
