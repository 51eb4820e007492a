"""What a success costs: from tokens or GPU hours, with retries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import fsum

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from agentgym.report.intervals import cost_bounds, interval
from agentgym.report.retries import Played, Retries, retries
from agentgym.report.summary import Interval, Outcome
from agentgym.report.throughput import under_way_s

__all__ = ["Cost", "Prices", "Retries", "cost", "episode_dollars", "played_tasks"]


class Prices(BaseModel):
    """What is paid: for tokens, or for GPUs by the hour.

    Attributes:
        prompt: dollars for a million prompt tokens.
        cached: the same for those that the server had in its cache; None where they cost as much as others.
        completion: dollars for a million sampled tokens.
        gpu_hour: dollars for one GPU for an hour, instead of the above.
        gpus: how many the server had.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    prompt: float | None = Field(default=None, ge=0)
    cached: float | None = Field(default=None, ge=0)
    completion: float | None = Field(default=None, ge=0)
    gpu_hour: float | None = Field(default=None, ge=0)
    gpus: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _is_paid_in_one_way(self) -> Prices:
        tokens = [price for price in (self.prompt, self.cached, self.completion) if price is not None]
        if self.gpu_hour is not None and tokens:
            raise ValueError("tokens are paid for, or GPU hours, not both: give the prices of one of them")
        if self.gpu_hour is None and (self.prompt is None or self.completion is None):
            raise ValueError(
                "give the prices of both prompt and completion tokens (0 for what is free), or that of a GPU hour"
            )
        if self.gpu_hour is None and self.gpus != 1:
            raise ValueError("the number of GPUs counts only beside the price of a GPU hour: give that too")
        return self


class Cost(BaseModel):
    """What some episodes cost.

    Attributes:
        prices: that it is computed from.
        dollars: of all finished episodes together; those of canaries, which have no success to be had, are left out.
        per_episode: dollars.
        per_success: dollars of all episodes by successes; None without a success.
        per_success_interval: 95 %, over tasks; its end is infinite where no success may be all that is to be had.
        retries: for 1, 2, … tries at most; tasks weigh the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prices: Prices
    dollars: float
    per_episode: float
    per_success: float | None
    per_success_interval: Interval | None
    retries: tuple[Retries, ...]


def cost(
    outcomes: Sequence[Outcome],
    prices: Prices,
    *,
    run: Sequence[Outcome] | None = None,
    most_tries: int = 4,
    seed: int = 0,
) -> Cost | None:
    """Return what finished episodes cost; None where there are none, or nothing tells (a policy without tokens).

    Args:
        outcomes: of one environment, in any order.
        prices: what is paid.
        run: all finished episodes that were played at the same time, where `outcomes` are not all of them: they share
            the GPU hours.
        most_tries: R of `retries`.
        seed: of resampling.
    """
    dollars = episode_dollars(outcomes, prices, run=run)
    played = list(played_tasks(outcomes, dollars or ()).values())
    if dollars is None or not played:
        return None
    total = fsum(task.failures_dollars + task.successes_dollars for task in played)
    successes = sum(task.successes for task in played)
    return Cost(
        prices=prices,
        dollars=total,
        per_episode=total / sum(task.episodes for task in played),
        per_success=total / successes if successes else None,
        per_success_interval=interval(
            cost_bounds(
                np.array([[task.failures_dollars + task.successes_dollars] for task in played]),
                np.array([[float(task.successes)] for task in played]),
                [task.episodes for task in played],
                seed=seed,
            )
        ),
        retries=retries(played, most_tries=most_tries),
    )


def episode_dollars(
    outcomes: Sequence[Outcome], prices: Prices, *, run: Sequence[Outcome] | None = None
) -> list[float] | None:
    """Return what each episode cost; None where none has tokens.

    GPU hours are paid for as long as at least one episode of the run was under way. Episodes share them by the time
    that the model took to answer, or by their tokens where no time is known.
    """
    if not any(each.prompt_tokens + each.completion_tokens for each in outcomes):
        return None
    if prices.gpu_hour is None:
        return [_token_dollars(each, prices) for each in outcomes]
    together = outcomes if run is None else run
    playing_s = under_way_s([(each.spent.started_at, each.spent.started_at + each.seconds) for each in together])
    dollars = playing_s / 3600 * prices.gpus * prices.gpu_hour
    used = [each.spent.model_s for each in outcomes]
    whole = fsum(each.spent.model_s for each in together)
    if not whole:
        used = [float(each.prompt_tokens + each.completion_tokens) for each in outcomes]
        whole = fsum(each.prompt_tokens + each.completion_tokens for each in together)
    return [dollars * part / whole for part in used]


def _token_dollars(outcome: Outcome, prices: Prices) -> float:
    assert prices.prompt is not None
    assert prices.completion is not None
    cached_price = prices.prompt if prices.cached is None else prices.cached
    cached = min(outcome.spent.cached_tokens, outcome.prompt_tokens)
    prompt = (outcome.prompt_tokens - cached) * prices.prompt + cached * cached_price
    return (prompt + outcome.completion_tokens * prices.completion) / 1e6


def played_tasks(outcomes: Sequence[Outcome], dollars: Sequence[float]) -> Mapping[str, Played]:
    """Return what the episodes of each task came to, in the order of task ids; canaries are left out."""
    costs_by_task: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for outcome, paid in zip(outcomes, dollars, strict=True) if dollars else ():
        if not outcome.canary:
            costs_by_task[outcome.task_id][outcome.success].append(paid)
    return {
        task: Played(len(failed) + len(succeeded), len(succeeded), fsum(failed), fsum(succeeded))
        for task, (failed, succeeded) in sorted(costs_by_task.items())
    }
