"""Constraints on prose and programs: one written definition each, stated in the prompt and judged by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import JsonValue

Constraint = Mapping[str, JsonValue]


class Kind(Protocol):
    """One kind of constraint: what it says and what breaks it."""

    def statement(self, constraint: Constraint) -> str:
        """Return what a constraint demands."""
        ...

    def fault(self, constraint: Constraint, text: str) -> str:
        """Return how a text breaks it, or nothing."""
        ...


def statement(constraint: Constraint) -> str:
    """Return what a constraint demands, for the prompt.

    Raises:
        KeyError: there is no constraint of its kind.
    """
    return KINDS[str(constraint["kind"])].statement(constraint)


def definitions(constraints: Sequence[Constraint]) -> list[str]:
    """Return how what these constraints count is counted, each definition once, for the prompt."""
    return []


def fault(constraint: Constraint, text: str) -> str:
    """Return how a text breaks a constraint; empty if it keeps it.

    Raises:
        KeyError: there is no constraint of its kind, which is the verifier's fault and never a pass.
    """
    return KINDS[str(constraint["kind"])].fault(constraint, text)


def padding(text: str, language: str) -> str:
    """Return how a text is filled up rather than written; empty if it is not."""
    return ""


KINDS: Mapping[str, Kind] = {}
