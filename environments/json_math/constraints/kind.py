"""What a kind of constraint is, and what kinds share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import JsonValue

Constraint = Mapping[str, JsonValue]


class Kind(Protocol):
    """One kind of constraint.

    Attributes:
        terms: the definitions that it needs, as keys of `DEFINITIONS`.
    """

    @property
    def terms(self) -> Sequence[str]:
        """Return them."""
        ...

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse parameters that are unknown, missing or contradict one another.

        Raises:
            ValueError: they are.
        """
        ...

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """Return what a constraint demands."""
        ...

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Return how a text breaks it, or nothing."""
        ...


def parameters(constraint: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a constraint, without its kind."""
    return {key: value for key, value in constraint.items() if key != "kind"}


def refuse(constraint: Mapping[str, Any], reason: str) -> None:
    """Refuse a constraint.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{json.dumps(dict(constraint), ensure_ascii=False)}: {reason}")


def is_count(value: object, least: int = 1) -> bool:
    """Tell whether a value is an integer of at least `least`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
