"""Reading of queries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .conditions import COMPARISONS, Condition, Value, all_of, any_of, compares, is_like, is_null, negation
from .lexer import QueryError, Token, tokens_of

T = TypeVar("T")


@dataclass(frozen=True)
class Query:
    """A query: `columns` has pairs (new name, name), none for all of them; `order` has pairs (name, descending)."""

    distinct: bool
    columns: list[tuple[str, str]]
    condition: Condition
    order: list[tuple[str, bool]]
    limit: int | None


class Parser:
    """Reads one query; raises `QueryError` if it is none."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens_of(text)
        self._position = 0

    def parse(self) -> Query:
        """Return the query."""
        self._expect("select")
        distinct = self._skip("distinct")
        columns = [] if self._skip("*") else self._several(self._column, ",")
        condition = self._alternatives() if self._skip("where") else all_of([])
        order: list[tuple[str, bool]] = []
        if self._skip("order"):
            self._expect("by")
            order = self._several(self._ordering, ",")
        limit = self._limit() if self._skip("limit") else None
        self._take("end")
        if len(dict(columns)) < len(columns):
            raise QueryError("a column is selected twice")
        return Query(distinct, columns, condition, order, limit)

    def _column(self) -> tuple[str, str]:
        name = self._take("name").text
        return (self._take("name").text if self._skip("as") else name), name

    def _ordering(self) -> tuple[str, bool]:
        name = self._take("name").text
        descending = self._skip("desc")
        if not descending:
            self._skip("asc")
        return name, descending

    def _alternatives(self) -> Condition:
        return any_of(self._several(self._together, "or"))

    def _together(self) -> Condition:
        return all_of(self._several(self._single, "and"))

    def _single(self) -> Condition:
        if self._skip("not"):
            return negation(self._single())
        if self._skip("("):
            inner = self._alternatives()
            self._expect(")")
            return inner
        name = self._take("name").text
        if self._skip("is"):
            self._expect("null")
            return is_null(name)
        if self._skip("like"):
            return is_like(name, self._take("text").text)
        if self._skip("in"):
            self._expect("(")
            values = self._several(self._value, ",")
            self._expect(")")
            return any_of([compares(name, "=", value) for value in values])
        symbol = self._take("symbol").text
        if symbol not in COMPARISONS:
            raise QueryError(f"{symbol} compares nothing")
        return compares(name, symbol, self._value())

    def _value(self) -> Value:
        if self._tokens[self._position].kind == "text":
            return self._take("text").text
        text = self._take("number").text
        return float(text) if "." in text else int(text)

    def _limit(self) -> int:
        text = self._take("number").text
        if not text.isdigit():
            raise QueryError(f"{text} is no limit")
        return int(text)

    def _several(self, read: Callable[[], T], separator: str) -> list[T]:
        items = [read()]
        while self._skip(separator):
            items.append(read())
        return items

    def _skip(self, text: str) -> bool:
        found = self._tokens[self._position] in (Token("keyword", text), Token("symbol", text))
        self._position += 1 if found else 0
        return found

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise QueryError(f"expected {text}")

    def _take(self, kind: str) -> Token:
        token = self._tokens[self._position]
        if token.kind != kind:
            raise QueryError(f"expected a {kind}, found {token.text or token.kind}")
        self._position += 1
        return token
