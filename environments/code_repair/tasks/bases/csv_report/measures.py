"""Measures of groups of records."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from .reading import TableError

NUMBER = re.compile(r"[+-]?[0-9]+(,[0-9]{3})*(\.[0-9]+)?")
CENT = Decimal("0.01")
NOTHING = "-"
COUNT = "count"

MEASURES: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "sum": lambda numbers: sum(numbers, Decimal(0)),
    "mean": lambda numbers: sum(numbers, Decimal(0)) / len(numbers),
    "median": median,
    "min": min,
    "max": max,
    "range": lambda numbers: max(numbers) - min(numbers),
}


def to_number(text: str) -> Decimal:
    """Return the number that a text such as `-1,234.5` means.

    Raises:
        TableError: it is none.
    """
    if not NUMBER.fullmatch(text):
        raise TableError(f"{text} is no number")
    return Decimal(text.replace(",", ""))


def measured(measure: str, records: list[dict[str, str]]) -> str:
    """Return what a measure such as `count` or `sum price` is for some records; empty fields do not count.

    Raises:
        TableError: there is no such measure, or a field is neither empty nor a number.
    """
    if measure == COUNT:
        return str(len(records))
    name, _, column = measure.partition(" ")
    if name not in MEASURES:
        raise TableError(f"there is no measure {name}")
    numbers = [to_number(record[column]) for record in records if record[column]]
    if not numbers:
        return NOTHING
    rounded = MEASURES[name](numbers).quantize(CENT, ROUND_HALF_UP)
    return str(abs(rounded) if rounded == 0 else rounded)
