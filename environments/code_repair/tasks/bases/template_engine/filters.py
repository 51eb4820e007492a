"""Filters: changes of values before they are shown."""

from collections.abc import Callable
from typing import Any

ELLIPSIS = "..."
DEFAULT = "default"


class FilterError(ValueError):
    """A filter does not exist, or cannot be used like this."""


def truncated(text: str, length: int) -> str:
    """Return the text if it is not too long, or else its beginning and an ellipsis, of that length together."""
    return text if len(text) <= length else text[: max(length - len(ELLIPSIS), 0)] + ELLIPSIS


# Of each filter: the type of its value, the type of its argument, and what it does.
FILTERS: dict[str, tuple[type, type, Callable[[Any, Any], Any]]] = {
    "upper": (str, type(None), lambda value, _: value.upper()),
    "trim": (str, type(None), lambda value, _: value.strip()),
    "truncate": (str, int, truncated),
    "length": (list, type(None), lambda value, _: len(value)),
    "last": (list, type(None), lambda value, _: value[-1] if value else None),
    "limit": (list, int, lambda value, count: value[:count]),
    "join": (list, str, lambda value, between: between.join(sorted(str(item) for item in value))),
}


def apply_filter(name: str, argument: str | int | None, value: Any) -> Any:
    """Return what a filter makes of a value; None stays None, but for `default`.

    Raises:
        FilterError: there is no such filter, or its argument or value is of another type than it is made for.
    """
    if name == DEFAULT and argument is not None:
        return argument if value is None else value
    if name not in FILTERS:
        raise FilterError(f"there is no filter {name} like this")
    value_type, argument_type, change = FILTERS[name]
    if not isinstance(argument, argument_type) or not isinstance(value, (value_type, type(None))):
        raise FilterError(f"{name} is not made for this")
    return None if value is None else change(value, argument)
