"""Values in rows: numbers, texts, or nothing."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from .errors import PipelineError

Value = int | float | str | None
Row = dict[str, Value]

ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
CALCULATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def rank(value: Value) -> tuple[bool, Value]:
    """Return what to sort values by that are there: numbers come before texts."""
    return isinstance(value, str), value


def comparison(symbol: str, other: Value) -> Callable[[Value], bool]:
    """Return a function that tells whether a value compares to another one in a way.

    Nothing, and values of different kinds, are neither before nor after one another.
    """
    if symbol == "==":
        return lambda value: value == other
    if symbol == "!=":
        return lambda value: value != other
    if symbol not in ORDERINGS:
        raise PipelineError(f"unknown comparison {symbol}")
    compare = ORDERINGS[symbol]

    def is_met(value: Value) -> bool:
        if value is None or other is None or isinstance(value, str) != isinstance(other, str):
            return False
        return compare(value, other)

    return is_met


def calculation(symbol: str) -> Callable[[Value, Value], Value]:
    """Return a function that calculates with two numbers; it returns None if one of its operands is none."""
    if symbol not in CALCULATIONS:
        raise PipelineError(f"unknown calculation {symbol}")
    calculate = CALCULATIONS[symbol]

    def result(left: Value, right: Value) -> Value:
        if isinstance(left, int | float) and isinstance(right, int | float):
            return calculate(left, right)
        return None

    return result
