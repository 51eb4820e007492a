"""Queries on rows of plain data."""

from typing import Any

from .conditions import Row, Value
from .parser import Parser


def run_query(query: str, rows: list[Row]) -> list[Row]:
    """Return what a query selects.

    Raises:
        QueryError: the query cannot be understood.
    """
    parsed = Parser(query).parse()
    selected = ordered([row for row in rows if parsed.condition(row)], parsed.order)
    if parsed.columns:
        shown = [{name: row.get(column) for name, column in parsed.columns} for row in selected]
    else:
        shown = [dict(row) for row in selected]
    if parsed.distinct:
        shown = without_repeats(shown)
    return shown if parsed.limit is None else shown[: parsed.limit]


def ordered(rows: list[Row], order: list[tuple[str, bool]]) -> list[Row]:
    """Return the rows in an order of pairs (name, descending); fields without a value are last in both directions."""
    for name, descending in reversed(order):
        present = [row for row in rows if row.get(name) is not None]
        missing = [row for row in rows if row.get(name) is None]
        rows = sorted(present, key=lambda row: sort_key(row[name]), reverse=descending) + missing
    return rows


def sort_key(value: Value) -> tuple[bool, Any]:
    """Return what puts numbers before text."""
    return isinstance(value, str), value


def without_repeats(rows: list[Row]) -> list[Row]:
    """Return the first of all rows that are equal."""
    kept: list[Row] = []
    for row in rows:
        if row not in kept:
            kept.append(row)
    return kept
