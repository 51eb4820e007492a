"""Lines that do nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def padding(text: str, cases: Sequence[Mapping[str, Any]]) -> str:
    """Return which lines of a program do nothing on any case; empty if all do something."""
    return ""
