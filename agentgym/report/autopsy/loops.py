"""Turns that repeat one another."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from agentgym.report.autopsy.causes import Cause
from agentgym.report.autopsy.misuse import said
from agentgym.report.autopsy.seen import Seen, is_much, seen
from agentgym.trajectory import Trajectory, Turn

TIMES = 3
LONGEST_CYCLE = 6
# What differs from one run of the same command to the next, as in `3 passed in 0.12s`.
_SECONDS = re.compile(r"(?<![\d.])\d+(?:\.\d+)? ?m?s\b")


class Cycle(NamedTuple):
    """Turns that repeat those before.

    Attributes:
        first: where they begin.
        period: how many turns repeat.
        turns: how many there are in all, the first of them included.
    """

    first: int
    period: int
    turns: int


def loops(trajectory: Trajectory) -> Iterator[Seen]:
    """Yield the longest loop: the same call, text or cycle of them at least three times, with the same answers."""
    cycle = longest_cycle([_same(turn) for turn in trajectory.turns])
    if cycle is None:
        return
    turns = range(cycle.first, cycle.first + cycle.turns)
    last = turns[-1] >= len(trajectory.turns) - 1
    detail = "same turn" if cycle.period == 1 else f"cycle of {cycle.period}"
    times = cycle.turns // cycle.period
    evidence = f"{times} times from turn {cycle.first + 1} on: {_shown(trajectory.turns[cycle.first])}"
    overcome = not last and not is_much(turns, len(trajectory.turns))
    yield seen(Cause.LOOP, detail, evidence, turn=cycle.first, overcome=overcome)


def longest_cycle(keys: Sequence[Hashable]) -> Cycle | None:
    """Return the longest stretch in which up to six keys come at least three times in a row; the shortest period."""
    best: Cycle | None = None
    for period in range(1, min(LONGEST_CYCLE, len(keys) // TIMES) + 1):
        repeated = 0
        for place in range(period, len(keys)):
            repeated = repeated + 1 if keys[place] == keys[place - period] else 0
            turns = repeated + period
            if turns >= TIMES * period and (best is None or turns > best.turns):
                best = Cycle(place + 1 - turns, period, turns)
    return best


def _same(turn: Turn) -> Hashable:
    """Return what is equal for turns that did the same and got the same."""
    message = turn.completion.message
    calls = tuple((call.name, call.arguments) for call in message.tool_calls)
    answers = tuple(_SECONDS.sub("s", answer.content) for answer in turn.observation)
    return calls or message.content, answers


def _shown(turn: Turn) -> str:
    calls = turn.completion.message.tool_calls
    return "; ".join(f"{call.name}({call.arguments[:200]})" for call in calls) if calls else said(turn)
