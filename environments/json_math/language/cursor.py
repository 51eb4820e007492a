"""A place in a list of tokens, and what is said when something else was expected there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NoReturn

from agentgym.environments.json_math.language.errors import ExpressionError
from agentgym.environments.json_math.language.tokens import Token, tokens

MAX_DEPTH = 24

CLOSING = (")", "}", "]", "⌋", "⌉", "\\choose", "\\over")
INSTEAD: Mapping[str, str] = {
    "=": "write the expression alone, without =",
    ",": "write one value, and thousands without a separator",
    "_": "only H has an index",
    "!": "write (n!)!",
    "sqrt": "there are no roots",
    "\\sqrt": "there are no roots",
    "e": "there is no number e",
    "exp": "there is no exponential function",
    "\\exp": "there is no exponential function",
    "mod": "write a - m*floor(a/m)",
    "lg": "write ln(a)/ln(b)",
    "\\infty": "every value is finite",
    "\\ldots": "write every term, or a closed form",
    "\\dots": "write every term, or a closed form",
    "\\cdots": "write every term, or a closed form",
    "\\int": "write the value of the integral",
    "\\approx": "write the exact value alone",
}


class Cursor:
    """A reader of tokens from left to right; `next` is the token to be read, or empty at the end."""

    def __init__(self, text: str) -> None:
        """Stand before the first token of a text."""
        self.text = text
        self.tokens = tokens(text)
        self.texts = [*(token.text for token in self.tokens), ""]
        self.is_latex = "\\" in text
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> str:
        """The token to be read, or empty at the end."""
        return self.texts[self.at]

    def ahead(self, count: int) -> str:
        """Return the token so many places after the next, or nothing if there is none."""
        place = self.at + count
        return self.texts[place] if place < len(self.texts) else ""

    def starts(self, *pattern: str) -> bool:
        """Tell whether these are the next tokens."""
        return all(self.ahead(place) == token for place, token in enumerate(pattern))

    def starts_atom(self) -> bool:
        """Tell whether the next token begins an operand."""
        token = self.next
        return bool(token) and token not in CLOSING and (token[0].isalnum() or token[0] in "({[⌊⌈\\")

    def is_adjacent(self) -> bool:
        """Tell whether the next token follows the last one without a space between them."""
        last = self.tokens[self.at - 1]
        return self.tokens[self.at].position == last.position + len(last.text)

    def split(self, pieces: Sequence[str]) -> None:
        """Let the next token, which is these pieces joined, be as many tokens."""
        position = self.tokens[self.at].position
        places = accumulate((len(piece) for piece in pieces[:-1]), initial=position)
        self.replace(1, [Token(piece, place) for piece, place in zip(pieces, places, strict=True)])

    def replace(self, count: int, by: Sequence[Token]) -> None:
        """Let so many tokens from the next one on be these."""
        self.tokens[self.at : self.at + count] = by
        self.texts[self.at : self.at + count] = [token.text for token in by]

    def take(self) -> str:
        """Return the next token and step over it."""
        if not self.next:
            self.fail("it ends too early")
        self.at += 1
        return self.texts[self.at - 1]

    def expect(self, *wanted: str) -> None:
        """Step over these tokens, which have to come now."""
        for token in wanted:
            if self.next != token:
                self.fail(
                    f"expected {token!r}, found {self.next!r}" if self.next else f"it ends too early: no {token!r}"
                )
            self.at += 1

    def deepen(self) -> None:
        """Go one level down; whoever calls it comes up again by itself."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}")

    def unexpected(self, known: str = "") -> NoReturn:
        """Refuse the next token, and say what to write instead."""
        if not self.next:
            self.fail("it ends too early")
        instead = INSTEAD.get(self.next, "")
        if self.next[:1].isalpha() or self.next[:1] == "\\":
            instead = "; ".join(filter(None, (instead, known)))
        self.fail(f"unexpected {self.next!r}{instead and '; '}{instead}")

    def fail(self, detail: str) -> NoReturn:
        """Refuse the text because of the next token."""
        position = self.tokens[self.at].position if self.at < len(self.tokens) else len(self.text)
        raise ExpressionError(detail, position, self.text)
