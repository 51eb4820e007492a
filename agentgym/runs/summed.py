"""A run, read once and summed up, for reports, comparisons and sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentgym.report.costs import Prices
from agentgym.report.numbers import RunNumbers, run_numbers
from agentgym.runs.load import Run
from agentgym.trajectory import Trajectory


class Summed(NamedTuple):
    """A run's numbers, and what they are of, without exact tokens.

    Attributes:
        numbers: what it came to.
        episodes: those that finished.
        losses: those that the world took away, one that was played again each time.
    """

    numbers: RunNumbers
    episodes: Sequence[Trajectory]
    losses: Sequence[Trajectory]


def summed(
    run: Run,
    *,
    name: str | None = None,
    policy: str | None = None,
    planned: Mapping[str, int] | None = None,
    prices: Prices | None = None,
    most_tries: int = 4,
) -> Summed:
    """Read a run and sum it up.

    Args:
        run: what is read.
        name: what it is called; by default as its folder.
        policy: who played; by default as the run tells.
        planned: how many episodes of each environment there were to be; by default as the run tells.
        prices: for the cost.
        most_tries: R, the most tries of a task that the cost is told for.
    """
    episodes: list[Trajectory] = []
    losses: list[Trajectory] = []
    for each in run.everything():
        (episodes if each.failure is None else losses).append(without_tokens(each))
    numbers = run_numbers(
        episodes,
        losses,
        name=name or run.name,
        policy=policy or run.policy,
        planned=run.planned if planned is None else planned,
        prices=prices,
        most_tries=most_tries,
        faults=run.faults,
    )
    return Summed(numbers, episodes, losses)


def without_tokens(trajectory: Trajectory) -> Trajectory:
    """Return an episode without its exact tokens, which no report shows and which take most of the memory."""
    bare = {"prompt_token_ids": None, "completion_token_ids": None, "logprobs": None}
    turns = [
        turn.model_copy(update={"completion": turn.completion.model_copy(update=bare)}) for turn in trajectory.turns
    ]
    return trajectory.model_copy(update={"turns": tuple(turns)})
