"""Reading queries."""

import re

from .errors import QueryError
from .query import Combined, Phrase, Query, Without
from .words import stem, words_of

TOKEN = re.compile(r'"[^"]*"|[A-Za-z0-9]+|[-()]|\S')
EITHER = "OR"


class Parser:
    """Reads a query from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = TOKEN.findall(text)

    def read(self) -> Query:
        """Return the whole query."""
        query = self._alternatives()
        if self._tokens:
            raise QueryError(f"unexpected {self._tokens[0]}")
        return query

    def _alternatives(self) -> Query:
        parts = [self._sequence()]
        while self._tokens and self._tokens[0] == EITHER:
            self._tokens.pop(0)
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Combined(tuple(parts), needs_all=False)

    def _sequence(self) -> Query:
        parts = [self._part()]
        while self._tokens and self._tokens[0] not in (EITHER, ")"):
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else Combined(tuple(parts), needs_all=True)

    def _part(self) -> Query:
        if not self._tokens:
            raise QueryError("the query ends too early")
        token = self._tokens.pop(0)
        if token == "-":
            return Without(self._part())
        if token == "(":
            inner = self._alternatives()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise QueryError("missing )")
            return inner
        stems = tuple(stem(word) for word in words_of(token))
        if not stems or token == EITHER:
            raise QueryError(f"unexpected {token}")
        return Phrase(stems)
