"""Summary of a log."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from .bursts import find_bursts
from .entries import LEVELS, read_entries
from .shapes import Tally

LONGEST_GAP_SECONDS = 60
FEWEST_IN_BURST = 3


def summarize(text: str, least_level: str = "WARNING", top: int = 3) -> dict[str, Any]:
    """Return what is in a log.

    Args:
        text: of the log.
        least_level: entries below are counted only in `levels`.
        top: how many messages are listed.

    Returns:
        `levels`: how many entries there are of each level that occurs. `messages`: the most frequent ones, as
        `COUNT LEVEL SOURCE: SHAPE`. `hours`: how many entries there are in each hour (of UTC) that has any. `bursts`:
        `FROM - TO: COUNT` of each burst. `wrong`: the numbers of lines that are no entries.

    Raises:
        ValueError: the level does not exist, or `top` is negative.
    """
    if least_level not in LEVELS or top < 0:
        raise ValueError("no such level, or less than no messages")
    entries, wrong = read_entries(text)
    levels = Counter(LEVELS[entry.level] for entry in entries)
    bad = [entry for entry in entries if entry.level >= LEVELS.index(least_level)]
    seconds = [int(entry.time.timestamp()) for entry in bad]
    return {
        "levels": {level: levels[level] for level in LEVELS if level in levels},
        "messages": Tally(bad).most_frequent(top),
        "hours": dict(Counter(f"{entry.time:%Y-%m-%d %H}h" for entry in bad)),
        "bursts": [
            f"{clock(first)} - {clock(last)}: {count}"
            for first, last, count in find_bursts(seconds, LONGEST_GAP_SECONDS, FEWEST_IN_BURST)
        ],
        "wrong": wrong,
    }


def clock(second: int) -> str:
    """Return the time of day in UTC for a second since 1970."""
    return datetime.fromtimestamp(second, UTC).strftime("%H:%M:%S")
