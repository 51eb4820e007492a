"""What a look at an episode yields: causes, each with whether it decided the episode."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from agentgym.report.autopsy.causes import Cause, Finding

MAX_EVIDENCE = 200
MAX_DETAIL = 40


class Seen(NamedTuple):
    """One cause.

    Attributes:
        finding: the cause as it is told.
        overcome: the episode went on well after it, so that it is nobody's main cause while there is another.
    """

    finding: Finding
    overcome: bool = False


def seen(cause: Cause, detail: str, evidence: str, *, turn: int | None = None, overcome: bool = False) -> Seen:
    """Return a cause with its evidence cut to one line."""
    told = Finding(cause=cause, detail=one_line(detail, MAX_DETAIL), evidence=one_line(evidence), turn=turn)
    return Seen(told, overcome)


def one_line(text: str, most: int = MAX_EVIDENCE) -> str:
    """Return a text as one line without characters that cannot be seen, cut at its end."""
    # What lies far behind the cut is not worth the reading: texts of tools can be long.
    line = " ".join(text[: 20 * most].split())
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def is_much(turns: Collection[int], of: int) -> bool:
    """Tell whether these are more than half of an episode's turns."""
    return 2 * len(turns) > of
