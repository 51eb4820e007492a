"""Numbers of a run: success with its interval, cost, and why episodes ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import isfinite, sqrt
from statistics import fmean
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, field_serializer

from agentgym.report.throughput import Spent, Throughput, throughput
from agentgym.reward import Component
from agentgym.trajectory import StopReason, Trajectory

Z_95 = 1.959964


class Interval(BaseModel):
    """A 95 % confidence interval; the end of a cost may be infinite, which JSON says as `"Infinity"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float
    high: float

    @field_serializer("high", when_used="json")
    def _high_in_json(self, high: float) -> float | str:
        return high if isfinite(high) else "Infinity"


def kind_of(component: Component) -> str:
    """Return the kind of a component: its name up to a colon, or for a sentence, whether it is a goal or a rule."""
    if " " in component.name:
        return "goal" if component.goal else "rule"
    return component.name.partition(":")[0]


class Judged(BaseModel):
    """How often one thing was judged, and how often it was as it should be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    passed: int
    judged: int


class Outcome(NamedTuple):
    """What a summary needs of one finished episode, so that runs of any size can be summed up without their text."""

    env_id: str
    task_id: str
    success: bool
    reward: float
    turns: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    malformed_calls: int
    stop_reason: StopReason
    canary: bool = False
    components: tuple[tuple[str, bool], ...] = ()
    unparsed_calls: int = 0
    recovered_calls: int = 0
    spent: Spent = Spent()

    @classmethod
    def of(cls, trajectory: Trajectory) -> Outcome:
        """Return the outcome of a finished episode, which has a reward and a reason why it stopped."""
        assert trajectory.reward is not None
        assert trajectory.stop_reason is not None
        return cls(
            trajectory.env_id,
            trajectory.task_id,
            trajectory.success or trajectory.reward.passed_canary,
            trajectory.reward.value,
            len(trajectory.turns),
            trajectory.prompt_tokens,
            trajectory.completion_tokens,
            trajectory.seconds,
            trajectory.malformed_calls,
            trajectory.stop_reason,
            trajectory.canary,
            tuple((kind_of(component), component.value >= 1) for component in trajectory.reward.components),
            trajectory.unparsed_calls,
            trajectory.recovered_calls,
            Spent.of(trajectory),
        )


class Summary(BaseModel):
    """What one policy did in one environment.

    Attributes:
        episodes: those that count; lost ones do not, and neither do those of canaries.
        success_rate: share of episodes with full reward; None without episodes.
        interval: 95 %, over tasks: episodes of one task are not taken as independent.
        turns: mean turns of an episode.
        completion_tokens: mean sampled tokens of an episode.
        prompt_tokens: mean prompt tokens of an episode, each turn's prompt counted.
        seconds: mean wall time of an episode.
        malformed_calls: of all episodes together.
        unparsed_calls: tool calls that the server left in the text, of all episodes together.
        recovered_calls: those of them that were read there.
        stop_reasons: how many episodes ended for which reason.
        lost: episodes without a result because the world failed.
        not_played: episodes that were not tried before the run stopped.
        canaries: episodes of tasks that have no solution.
        canaries_passed: how many of those were passed, which takes a cheat.
        components: what was judged, by kind: `value` for a component `value:count`; `goal` or `rule` for a sentence.
        replayed: times that an episode was taken away by the world and played again, or given up.
        throughput: where the time of the finished episodes went, and tokens per second; canaries included.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    env_id: str
    policy: str
    episodes: int
    successes: int
    success_rate: float | None
    interval: Interval | None
    mean_reward: float | None
    turns: float
    prompt_tokens: float
    completion_tokens: float
    seconds: float
    malformed_calls: int
    stop_reasons: dict[StopReason, int]
    lost: int
    not_played: int
    replayed: int
    canaries: int = 0
    canaries_passed: int = 0
    components: dict[str, Judged] = {}
    unparsed_calls: int = 0
    recovered_calls: int = 0
    throughput: Throughput


def summarize(
    outcomes: Iterable[Outcome], *, env_id: str, policy: str, lost: int = 0, not_played: int = 0, replayed: int = 0
) -> Summary:
    """Summarize the finished episodes of one environment.

    Args:
        outcomes: finished episodes, in any order; the numbers do not depend on it.
        env_id: the environment.
        policy: who played.
        lost: episodes that the world took away.
        not_played: episodes that were not tried.
        replayed: how often the world took an episode away.
    """
    everything = sorted(outcomes)
    outcomes = [outcome for outcome in everything if not outcome.canary]
    canaries = [outcome.success for outcome in everything if outcome.canary]
    successes_by_task: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        successes_by_task[outcome.task_id].append(outcome.success)
    successes = sum(outcome.success for outcome in outcomes)
    return Summary(
        env_id=env_id,
        policy=policy,
        episodes=len(outcomes),
        successes=successes,
        success_rate=successes / len(outcomes) if outcomes else None,
        interval=success_interval(list(successes_by_task.values())) if outcomes else None,
        mean_reward=fmean(outcome.reward for outcome in outcomes) if outcomes else None,
        turns=_mean([outcome.turns for outcome in outcomes]),
        prompt_tokens=_mean([outcome.prompt_tokens for outcome in outcomes]),
        completion_tokens=_mean([outcome.completion_tokens for outcome in outcomes]),
        seconds=_mean([outcome.seconds for outcome in outcomes]),
        malformed_calls=sum(outcome.malformed_calls for outcome in outcomes),
        stop_reasons=dict(sorted(Counter(outcome.stop_reason for outcome in outcomes).items())),
        lost=lost,
        not_played=not_played,
        replayed=replayed,
        canaries=len(canaries),
        canaries_passed=sum(canaries),
        components=_components(outcomes),
        unparsed_calls=sum(outcome.unparsed_calls for outcome in outcomes),
        recovered_calls=sum(outcome.recovered_calls for outcome in outcomes),
        throughput=throughput(everything),
    )


def _components(outcomes: Iterable[Outcome]) -> dict[str, Judged]:
    """Count what was judged, in the order of its names."""
    values: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        for name, passed in outcome.components:
            values[name].append(passed)
    return {name: Judged(passed=sum(passed), judged=len(passed)) for name, passed in sorted(values.items())}


def success_interval(successes_by_task: Sequence[Sequence[bool]]) -> Interval:
    """Return the Wilson 95 % interval of the success rate, for the number of episodes that clustering leaves.

    Episodes of one task resemble one another, so K of them tell less than K tasks would. The variance of the rate is
    estimated over tasks (ratio estimator of cluster sampling, Cochran 1977, ch. 9A), its ratio to the variance of
    independent episodes is the design effect, and the Wilson (1927) interval is taken at episodes / design effect. With
    one episode a task this is the plain Wilson interval.

    Where few tasks succeed, or few fail, their variance hardly tells how alike episodes are: the rarer of the two is,
    the more the design effect is drawn to that of tasks whose episodes all end alike.
    """
    n = sum(len(outcomes) for outcomes in successes_by_task)
    rate = sum(sum(outcomes) for outcomes in successes_by_task) / n
    return _wilson(rate, n / _design_effect(successes_by_task, rate, n))


def _design_effect(successes_by_task: Sequence[Sequence[bool]], rate: float, n: int) -> float:
    clusters = len(successes_by_task)
    if clusters == n:
        return 1.0
    largest = n / clusters
    if clusters < 2 or rate in (0.0, 1.0):
        return largest  # nothing tells how alike they are: take each task for one episode
    residuals = sum((sum(outcomes) - rate * len(outcomes)) ** 2 for outcomes in successes_by_task)
    clustered = residuals * clusters / (clusters - 1) / n**2
    seen, doubt = clustered / (rate * (1 - rate) / n), 0.5 / min(rate, 1 - rate)
    return min(largest, max(1.0, (seen * (clusters - 1) + largest * doubt) / (clusters - 1 + doubt)))


def _wilson(rate: float, n: float) -> Interval:
    z2 = Z_95**2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * sqrt(rate * (1 - rate) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    return Interval(low=max(0.0, middle - half), high=min(1.0, middle + half))


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0
