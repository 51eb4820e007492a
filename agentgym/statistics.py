"""What is said about an environment's tasks as a whole: tables and totals that a terminal or a program can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agentgym.task import TaskSet

Value = str | int | float
# A larger split is described by a fixed sample of its tasks.
MOST_COUNTED = 5_000
DRAWN = 1_000


@dataclass(frozen=True)
class StatsTable:
    """One table.

    Attributes:
        title: what it shows.
        headings: of the columns.
        rows: the first cell names the row. Floats are shares from 0 to 1.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class TaskStats:
    """Tables, and what stands above them.

    Attributes:
        totals: single figures by what they say, in words and with their unit; floats are shares from 0 to 1.
        tables: in the order in which they are shown.
        notes: what is missing, and how to get it.
    """

    totals: Mapping[str, Value] = field(default_factory=dict)
    tables: Sequence[StatsTable] = ()
    notes: Sequence[str] = ()

    def __add__(self, other: TaskStats) -> TaskStats:
        """Return both, one after the other."""
        totals = {**self.totals, **other.totals}
        return TaskStats(totals, (*self.tables, *other.tables), (*self.notes, *other.notes))


def split_stats(splits: Iterable[TaskSet]) -> TaskStats:
    """Return the sizes of splits, and how many of their tasks are of each level and family.

    Of a split of more than `MOST_COUNTED` tasks, `DRAWN` are looked at, and shares are told instead of counts.
    """
    splits = [tasks for tasks in splits if len(tasks)]
    levels: list[Counter[str]] = []
    families: list[Counter[str]] = []
    for tasks in splits:
        chosen = tasks.choose(len(tasks) if len(tasks) <= MOST_COUNTED else DRAWN, seed=0)
        kinds = [tasks.kind(index) for index in chosen]
        levels.append(Counter(str(kind.level) for kind in kinds))
        families.append(Counter(kind.family for kind in kinds))
    return TaskStats(
        totals={f"tasks in {tasks.split}": len(tasks) for tasks in splits},
        tables=[
            _by("level", splits, levels, sorted(set().union(*levels), key=int)),
            _by("family", splits, families, sorted(set().union(*families))),
        ],
    )


def _by(what: str, splits: Sequence[TaskSet], counts: Sequence[Counter[str]], names: Sequence[str]) -> StatsTable:
    """Return a table of names by splits: counts where all of a split was made, else shares."""
    headings = [what, *(_heading(tasks, count) for tasks, count in zip(splits, counts, strict=True))]
    rows = [(name, *map(_cell, splits, counts, [name] * len(splits))) for name in names]
    return StatsTable(f"tasks by {what}", headings, rows)


def _heading(tasks: TaskSet, count: Counter[str]) -> str:
    return str(tasks.split) if count.total() == len(tasks) else f"{tasks.split} (of {count.total():,} drawn)"


def _cell(tasks: TaskSet, count: Counter[str], name: str) -> Value:
    return count[name] if count.total() == len(tasks) else count[name] / count.total()
