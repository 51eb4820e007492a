"""pass@k and pass^k: the chance that at least one of k tries at a task succeeds, and that all of them do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import takewhile
from math import comb
from statistics import fmean, median_high

from pydantic import BaseModel, ConfigDict

from agentgym.report.intervals import mean_interval
from agentgym.report.summary import Interval, success_interval


class Passes(BaseModel):
    """Both for one k, over the tasks that were played at least k times.

    Attributes:
        k: tries.
        tasks: how many were played so often.
        any: pass@k, with its 95 % interval over tasks.
        all: pass^k, with its.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    k: int
    tasks: int
    any: float
    any_interval: Interval
    all: float
    all_interval: Interval


def pass_at_k(episodes: int, successes: int, k: int) -> float:
    """Return the unbiased estimate of the chance that one of k tries succeeds (Chen et al. 2021).

    Raises:
        ValueError: the task has fewer than k episodes, or more successes than episodes.
    """
    return 1.0 - pass_hat_k(episodes, episodes - successes, k)


def pass_hat_k(episodes: int, successes: int, k: int) -> float:
    """Return the unbiased estimate of the chance that all of k tries succeed (Yao et al. 2024).

    Raises:
        ValueError: the task has fewer than k episodes, or more successes than episodes.
    """
    if not (0 <= successes <= episodes and 1 <= k <= episodes):
        raise ValueError(f"nothing tells how {k} tries end from {successes} successes in {episodes} episodes")
    return comb(successes, k) / comb(episodes, k)


def usual_episodes(counts: Collection[int]) -> int:
    """Return the largest number that at least half of the tasks have as many episodes as."""
    return median_high(counts)


def passes(successes_by_task: Mapping[str, Sequence[bool]], *, seed: int = 0) -> tuple[Passes, ...]:
    """Return both for k = 1, 2, 4, … up to the episodes that most tasks have, and for that number itself.

    Tasks weigh the same. For one try both are the success rate, with its interval where all have as many episodes.
    """
    played = [(len(each), sum(each)) for _, each in sorted(successes_by_task.items()) if each]
    if not played:
        return ()
    most = usual_episodes([episodes for episodes, _ in played])
    ks = sorted({*takewhile(lambda k: k <= most, (2**power for power in range(64))), most})
    return tuple(_passes([task for task in played if task[0] >= k], k, seed) for k in ks)


def _passes(played: Sequence[tuple[int, int]], k: int, seed: int) -> Passes:
    (at_least_one, any_interval), (every, all_interval) = (_mean(of, played, k, seed) for of in (pass_at_k, pass_hat_k))
    return Passes(
        k=k, tasks=len(played), any=at_least_one, any_interval=any_interval, all=every, all_interval=all_interval
    )


def _mean(
    of: Callable[[int, int, int], float], played: Sequence[tuple[int, int]], k: int, seed: int
) -> tuple[float, Interval]:
    values = [of(episodes, successes, k) for episodes, successes in played]
    return fmean(values), _interval(values, played, k, seed)


def _interval(values: Sequence[float], played: Sequence[tuple[int, int]], k: int, seed: int) -> Interval:
    counts = {episodes for episodes, _ in played}
    if counts == {k}:
        return success_interval([[value == 1] for value in values])
    if k == 1 and len(counts) == 1:
        return success_interval([[True] * won + [False] * (episodes - won) for episodes, won in played])
    return mean_interval(values, [1] * len(values), seed=seed)
