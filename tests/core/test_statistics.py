"""What is said about tasks as a whole is what the splits hold."""

from __future__ import annotations

import random

from agentgym.statistics import DRAWN, split_stats
from agentgym.task import Split, Task, TaskSet


def tasks(split: Split, size: int) -> TaskSet:
    def make(index: int) -> Task:
        draw = random.Random(index).random()
        return Task(
            id=f"x/{split}/{index}", split=split, index=index, family="ab"[draw < 0.25], level=1 + index % 2, prompt=""
        )

    return TaskSet(split, size, make)


def test_a_small_split_is_counted() -> None:
    stats = split_stats([tasks(Split.DEMO, 5), tasks(Split.EVAL, 0)])
    assert stats.totals == {"tasks in demo": 5}
    levels, families = stats.tables
    assert (levels.headings, levels.rows) == (["level", "demo"], [("1", 3), ("2", 2)])
    assert sum(row[1] for row in families.rows if isinstance(row[1], int)) == 5


def test_of_a_large_split_shares_are_told() -> None:
    stats = split_stats([tasks(Split.DEMO, 5), tasks(Split.TRAIN, 10**6)])
    families = stats.tables[1]
    assert stats.totals["tasks in train"] == 10**6
    assert families.headings == ["family", "demo", f"train (of {DRAWN:,} drawn)"]
    shares = {row[0]: row[2] for row in families.rows}
    assert isinstance(shares["b"], float)
    assert 0.2 < shares["b"] < 0.3
