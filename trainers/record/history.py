"""What a run logged of its updates, read leniently: a run that was broken off is looked at too."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentgym.trainers.record.steps import STEPS

# A mean over so many updates at most is drawn through a noisy curve, and over no fewer.
FEWEST_SMOOTHED, MOST_SMOOTHED = 3, 20


@dataclass(frozen=True)
class Series:
    """One quantity over the updates that have it.

    Attributes:
        steps: the updates, rising.
        values: all finite.
        broken: updates at which it was logged, but was not a finite number.
    """

    steps: Sequence[int]
    values: Sequence[float]
    broken: Sequence[int] = ()

    def smoothed(self, window: int) -> list[float]:
        """Return the means of each value and of those before it, `window` together."""
        return [math.fsum(part) / len(part) for part in (self.values[max(0, i - window) : i] for i in self._ends)]

    @property
    def _ends(self) -> range:
        return range(1, len(self.values) + 1)


@dataclass(frozen=True)
class History:
    """The updates of a run.

    Attributes:
        rows: numbers by name, by update; a name that is not a number is not kept, one that is not finite is NaN.
        faults: what could not be read, a sentence each.
    """

    rows: Mapping[int, Mapping[str, float]]
    faults: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """Everything that was logged at least once, sorted."""
        return sorted({name for row in self.rows.values() for name in row})

    @property
    def window(self) -> int:
        """Over how many updates curves are smoothed."""
        return min(MOST_SMOOTHED, max(FEWEST_SMOOTHED, len(self.rows) // 10))

    def series(self, name: str) -> Series:
        """Return one quantity; empty if it was never logged."""
        logged = [(step, row[name]) for step, row in self.rows.items() if name in row]
        finite = [(step, value) for step, value in logged if math.isfinite(value)]
        broken = [step for step, value in logged if not math.isfinite(value)]
        return Series([step for step, _ in finite], [value for _, value in finite], broken)


def read_history(folder: Path) -> History:
    """Read `steps.jsonl`. Of an update that stands there twice, as after a resume, the later line counts."""
    path = folder / STEPS
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        return History({}, [f"{STEPS} cannot be read: {error.strerror or error}"])
    rows: dict[int, dict[str, float]] = {}
    unread: list[int] = []
    for number, line in enumerate(lines, 1):
        row = _row(line)
        if row is None:
            unread.append(number)
        else:
            rows[int(row["step"])] = row
    faults = [f"{STEPS} holds no update"] if not rows else []
    if unread:
        faults.append(f"{STEPS}: {_numbered('line', unread)} cut off or damaged, and left out")
    return History(dict(sorted(rows.items())), faults)


def _row(line: str) -> dict[str, float] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not isinstance(row.get("step"), int):
        return None
    # A number that is not finite is written as null, for JSON has no word for it.
    return {name: math.nan if value is None else float(value) for name, value in row.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _numbered(what: str, numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")
    return f"{what} {shown} is" if len(numbers) == 1 else f"{what}s {shown} are"


def not_finite(history: History) -> list[str]:
    """Return a sentence for each quantity that was not finite at some update."""
    return [
        f"{name} was not a finite number at {_numbered('update', broken).rpartition(' ')[0]}"
        for name in history.names
        if (broken := history.series(name).broken)
    ]
