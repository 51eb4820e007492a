"""What the commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from agentgym.command_line import tell


class Stream:
    """Standard error; between what two threads write anything may come."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.write: Callable[[str], None] = self.pieces.append

    def flush(self) -> None:
        pass


def test_a_line_is_told_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    tell("one")
    tell("two")
    assert stream.pieces == ["agentgym: one\n", "agentgym: two\n"]
