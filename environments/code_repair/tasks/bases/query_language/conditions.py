"""Conditions on rows."""

import operator
import re
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Value = int | float | str
Condition = Callable[[Row], bool]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ANY_TEXT, ANY_CHARACTER = "%", "_"


def compares(name: str, symbol: str, expected: Value) -> Condition:
    """Return whether a field compares so with a value; text and numbers are different and have no order."""

    def holds(row: Row) -> bool:
        value = row.get(name)
        if value is None:
            return False
        if isinstance(value, str) != isinstance(expected, str):
            return symbol == "!="
        return COMPARISONS[symbol](value, expected)

    return holds


def is_like(name: str, pattern: str) -> Condition:
    """Return whether a field is text of a pattern with wildcards, in which case does not matter."""
    wildcards = {ANY_TEXT: ".*", ANY_CHARACTER: "."}
    expression = "".join(wildcards.get(character, re.escape(character)) for character in pattern)
    compiled = re.compile(expression, re.IGNORECASE | re.DOTALL)
    return lambda row: isinstance(row.get(name), str) and compiled.fullmatch(row[name]) is not None


def is_null(name: str) -> Condition:
    """Return whether a field is None or missing."""
    return lambda row: row.get(name) is None


def all_of(conditions: list[Condition]) -> Condition:
    """Return whether all conditions hold."""
    return lambda row: all(condition(row) for condition in conditions)


def any_of(conditions: list[Condition]) -> Condition:
    """Return whether at least one condition holds."""
    return lambda row: any(condition(row) for condition in conditions)


def negation(condition: Condition) -> Condition:
    """Return whether a condition does not hold."""
    return lambda row: not condition(row)
