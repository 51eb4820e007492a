"""Steps of a pipeline: functions from rows to new rows."""

from collections.abc import Callable, Mapping
from typing import Any

from .aggregates import aggregate
from .errors import PipelineError
from .values import Row, Value, calculation, comparison, rank

Rows = list[Row]
Step = Callable[[Rows], Rows]
DIRECTIONS = ("up", "down")


def where(column: str, symbol: str, other: Value) -> Step:
    """Keep the rows whose value compares to another one in a way."""
    is_met = comparison(symbol, other)
    return lambda rows: [row for row in rows if is_met(row.get(column))]


def derive(column: str, left: str, symbol: str, right: str | int | float) -> Step:
    """Add a column that is calculated from a column and another one, or a number."""
    calculate = calculation(symbol)

    def step(rows: Rows) -> Rows:
        derived = []
        for row in rows:
            second = row.get(right) if isinstance(right, str) else right
            derived.append({**row, column: calculate(row.get(left), second)})
        return derived

    return step


def sort(column: str, direction: str = "up") -> Step:
    """Sort rows by a column; rows with equal values keep their order, those without a value come last."""
    if direction not in DIRECTIONS:
        raise PipelineError(f"unknown direction {direction}")

    def step(rows: Rows) -> Rows:
        present = [row for row in rows if row.get(column) is not None]
        missing = [row for row in rows if row.get(column) is None]
        return sorted(present, key=lambda row: rank(row[column]), reverse=direction == "down") + missing

    return step


def group(key: str, name: str, column: str) -> Step:
    """Make one row of all rows with the same key, in the order in which keys come first."""
    combine = aggregate(name)

    def step(rows: Rows) -> Rows:
        groups: dict[Value, list[Value]] = {}
        for row in rows:
            values = groups.setdefault(row.get(key), [])
            value = row.get(column)
            if value is not None:
                values.append(value)
        return [{key: value, f"{name}_{column}": combine(values)} for value, values in groups.items()]

    return step


def take(number: int) -> Step:
    """Keep the first rows, or with a negative number the last ones."""
    return lambda rows: rows[:number] if number >= 0 else rows[number:]


def keep(columns: list[str]) -> Step:
    """Keep these columns only, in this order; those a row lacks are None."""
    return lambda rows: [{column: row.get(column) for column in columns} for row in rows]


BUILDERS: Mapping[str, Callable[..., Step]] = {
    "where": where,
    "derive": derive,
    "sort": sort,
    "group": group,
    "take": take,
    "keep": keep,
}


def build(name: str, arguments: list[Any]) -> Step:
    """Return the step of a name.

    Raises:
        PipelineError: there is no such step, or its arguments make no sense.
    """
    builder = BUILDERS.get(name)
    if builder is None:
        raise PipelineError(f"unknown step {name}")
    return builder(*arguments)
