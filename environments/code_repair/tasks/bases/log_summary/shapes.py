"""Shapes of messages: what is left of them without the details."""

import re
from collections.abc import Iterable

from .entries import LEVELS, Entry

# In this order: what is put in place of the details of each kind.
DETAILS = (
    (re.compile(r'"[^"]*"'), '"*"'),
    (re.compile(r"\b0x[0-9a-f]+\b"), "<id>"),
    (re.compile(r"\b[0-9]+(?:\.[0-9]+)*"), "<n>"),
)


def shape_of(message: str) -> str:
    """Return a message with quoted text, hexadecimal and other numbers replaced."""
    for pattern, stands_for in DETAILS:
        message = pattern.sub(stands_for, message)
    return message


class Tally:
    """How often messages of each source and shape were reported, and how bad the worst of each was."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._worst: dict[tuple[str, str], int] = {}
        for entry in entries:
            self._add(entry)

    def most_frequent(self, count: int) -> list[str]:
        """Return the first so many, the more frequent, then the worse, then the earlier ones first."""
        keys = sorted(self._counts, key=lambda key: (self._counts[key], self._worst[key]), reverse=True)
        return [f"{self._counts[key]} {LEVELS[self._worst[key]]} {': '.join(key)}" for key in keys[:count]]

    def _add(self, entry: Entry) -> None:
        key = (entry.source, shape_of(entry.message))
        self._counts[key] = self._counts.get(key, 0) + 1
        self._worst[key] = max(self._worst.get(key, 0), entry.level)
