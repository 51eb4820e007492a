"""What several runs on the same tasks come to, in one plain paragraph."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isinf, log10
from typing import TYPE_CHECKING

from agentgym.plugins import short_name
from agentgym.report.doubts import Doubt
from agentgym.report.numbers import RunNumbers
from agentgym.report.paired import Paired, points

if TYPE_CHECKING:
    from agentgym.report.comparison import Pair


def verdict(runs: Sequence[RunNumbers], pairs: Sequence[Pair], doubts: Sequence[Doubt]) -> str:
    """Return what is shown and what is not, in what size; what it costs; what would settle it; and what is doubtful."""
    sentences = [sentence for pair in pairs for sentence in _of_pair(pair, runs)]
    if not pairs:
        names = ", ".join(f"`{run.name}`" for run in runs[1:])
        sentences.append(f"Nothing can be said: no task was played by both `{runs[0].name}` and {names}.")
    if len(pairs) > 1:
        sentences.append(
            f"Each of these {len(pairs)} comparisons is tested by itself: of 20 without a true difference, one is "
            "expected to show one."
        )
    if doubts:
        words = list(dict.fromkeys(doubt.words for doubt in doubts))
        sentences.append(f"Read this with care: {_listed(words)}.")
    return " ".join(sentences)


def _of_pair(pair: Pair, runs: Sequence[RunNumbers]) -> list[str]:
    success = pair.success
    rates = f"{success.after:.0%} against {success.before:.0%}, {points(success)}, {_chance(success.p_value)}"
    where = f"On {success.tasks:,} task{'' if success.tasks == 1 else 's'} of {short_name(pair.env_id)}"
    if success.shown:
        more = "more" if success.difference > 0 else "less"
        found = [f"{where}, `{pair.second}` succeeds {more} often than `{pair.first}`: {rates}."]
    else:
        found = [
            f"{where}, these data cannot tell whether `{pair.second}` or `{pair.first}` succeeds more often: {rates}.",
            _undecided(pair),
        ]
    return [*found, *_of_reward(pair), *_of_cost(pair, runs)]


def _undecided(pair: Pair) -> str:
    largest = max(abs(pair.success.interval.low), abs(pair.success.interval.high))
    ruled_out = f"A difference of more than {largest * 100:.0f} points is unlikely"
    if pair.tasks_needed is None:
        return f"{ruled_out}; as none was seen, nothing tells how many tasks would settle it."
    more = pair.tasks_needed - pair.success.tasks
    return (
        f"{ruled_out}; if the true one is as seen, about {_rounded(pair.tasks_needed):,} tasks in all "
        f"({_rounded(more):,} more) would show it 4 times of 5."
    )


def _of_reward(pair: Pair) -> list[str]:
    reward = pair.reward
    if not reward.shown or (pair.success.shown and (reward.difference > 0) == (pair.success.difference > 0)):
        return []
    return [
        f"The mean reward of `{pair.second}` is {'higher' if reward.difference > 0 else 'lower'}: {reward.after:.2f} "
        f"against {reward.before:.2f}, {_signed(reward)}."
    ]


def _signed(reward: Paired) -> str:
    return f"{reward.difference:+.2f} [{reward.interval.low:+.2f} to {reward.interval.high:+.2f}]"


def _of_cost(pair: Pair, runs: Sequence[RunNumbers]) -> list[str]:
    costs = {run.name: each.cost for run in runs for each in run.environments if each.env_id == pair.env_id}
    first, second = costs.get(pair.first), costs.get(pair.second)
    if first is None or second is None:
        return []
    if first.per_success is None or second.per_success is None:
        paid = (
            f"An episode costs {money(second.per_episode)} with `{pair.second}` and {money(first.per_episode)} with "
            f"`{pair.first}`"
        )
        never = [f"`{name}`" for name, cost in ((pair.first, first), (pair.second, second)) if cost.per_success is None]
        return [f"{paid}; what a success costs cannot be told, as {_listed(never)} had none."]
    paid = (
        f"A success costs {money(second.per_success)} with `{pair.second}` and {money(first.per_success)} with "
        f"`{pair.first}`"
    )
    return [f"{paid}{_of_ratio(pair)}."]


def _of_ratio(pair: Pair) -> str:
    ratio, interval = pair.cost_ratio, pair.cost_ratio_interval
    if ratio is None or interval is None:
        return ""
    end = "no known end" if isinf(interval.high) else f"{interval.high:.2g}"
    told = f"{ratio:.2g} times as much on the tasks that both played [{interval.low:.2g} to {end}]"
    if interval.low <= 1 <= interval.high:
        return f": {told}, so that either may be the cheaper"
    return f": {told}"


def money(dollars: float) -> str:
    """Return dollars with two figures at least, and no fewer than cents: `$0.0012`, `$3.40`, `$1,204.00`."""
    decimals = max(2, 1 - floor(log10(dollars))) if dollars > 0 else 2
    return f"${dollars:,.{decimals}f}"


def _chance(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def _rounded(tasks: int) -> int:
    """Return a number with two figures, no smaller: more would promise too much."""
    unit: int = 10 ** max(0, len(str(tasks)) - 2)
    return -(-tasks // unit) * unit


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
