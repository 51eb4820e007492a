"""Making one value of many."""

from collections.abc import Callable, Mapping, Sequence

from .errors import PipelineError
from .values import Value

MEAN_DIGITS = 2


def mean(values: Sequence[Value]) -> Value:
    """Return the mean of all numbers, rounded, or None if there is none."""
    found = numbers(values)
    return round(sum(found) / len(found), MEAN_DIGITS) if found else None


def numbers(values: Sequence[Value]) -> list[int | float]:
    """Return the values that are numbers."""
    return [value for value in values if isinstance(value, int | float)]


AGGREGATES: Mapping[str, Callable[[Sequence[Value]], Value]] = {
    "count": len,
    "sum": lambda values: sum(numbers(values)),
    "mean": mean,
    "min": lambda values: min(numbers(values), default=None),
    "max": lambda values: max(numbers(values), default=None),
    "last": lambda values: values[-1] if values else None,
}


def aggregate(name: str) -> Callable[[Sequence[Value]], Value]:
    """Return the aggregate of a name; the values it is given shall not be None."""
    try:
        return AGGREGATES[name]
    except KeyError:
        raise PipelineError(f"unknown aggregate {name}") from None
