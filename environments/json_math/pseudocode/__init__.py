"""Pseudocode: a small documented language, interpreted on hidden inputs at a bounded cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

PROGRAM_RULE = "Pseudocode is written in this language."


class PseudocodeError(ValueError):
    """The text is no program, or does what no program may."""


def wrong_case(text: str, cases: Sequence[Mapping[str, Any]]) -> str:
    """Return how a program fails on the first case that it fails on; empty if it is right on all."""
    return "not written yet"


def padding(text: str, cases: Sequence[Mapping[str, JsonValue]]) -> str:
    """Return which lines of a program do nothing on any case; empty if all do something."""
    return ""
