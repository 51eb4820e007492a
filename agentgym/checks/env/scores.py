"""What scripts score: the oracle everything, nobody else anything, and the same things always the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agentgym.checks.env.elsewhere import parts, verdicts_elsewhere, verdicts_of
from agentgym.checks.env.stage import Stage, differing
from agentgym.checks.report import expect, skip
from agentgym.env import AgentEnv
from agentgym.reward import Reward
from agentgym.task import Task

TIMES = 3


def the_oracle_scores_one(stage: Stage) -> None:
    """The oracle gets full marks on every task that has a solution, three times in fresh boxes on one of each split."""
    if not stage.env.has_oracle:
        skip("the environment has no oracle, so nothing shows that its tasks can be solved")
    often = {task.id for task in stage.firsts()}
    for task in stage.sample():
        for time in range(TIMES if task.id in often else 1):
            who = "the oracle" if not time else f"the oracle, the {('second', 'third')[time - 1]} time,"
            _expect(task, stage.play(task, stage.env.oracle, who="oracle"), lambda value: value == 1, who)


def noop_scores_zero(stage: Stage) -> None:
    """Doing nothing gets nothing, and none of what a task asks for is there beforehand."""
    for task in stage.sample():
        reward = stage.play(task, stage.env.noop, who="noop")
        _expect(task, reward, lambda value: value == 0, "noop")
        expect(not reward.goals_earned, f"noop earned goals on {task.id}: {', '.join(reward.goals_earned)}")


def no_cheat_scores(stage: Stage) -> None:
    """No cheat gets anything, some are played, and each does something: it says a word, or calls a tool as it fits."""
    expect(stage.env.cheats, "the environment ships no cheats, so nothing shows that its grading holds")
    played = 0
    for task in stage.sample():
        for name, script in stage.env.cheats_for(task).items():
            reward = stage.play(task, script, who=f"cheater:{name}")
            _expect(task, reward, lambda value: value == 0, f"cheat {name!r}")
            expect(
                stage.did_something,
                f"cheat {name!r} did nothing on {task.id}, so its 0 shows nothing: it says no word, and none of its "
                "tool calls fits: an unknown tool, or other arguments",
            )
            played += 1
    expect(
        played, "no cheat was played: cheats_for(task) names none for any task of the sample. Name some, or sample more"
    )


def the_verdict_is_repeatable(stage: Stage) -> None:
    """The same artefacts, judged three times, get the same value and components: right ones, none, and wrong ones."""
    for task in stage.firsts():
        for who, script in stage.players.items():
            with _judging(stage.env) as judged:
                first = stage.play(task, script, who=who)
                for again in judged:
                    _expect_same(task, who, first, again)


@contextmanager
def _judging(env: AgentEnv) -> Iterator[list[Reward]]:
    """Have an environment judge everything several times; the list fills with the verdicts after the first."""
    judged: list[Reward] = []
    verify = env.verify

    def several(*arguments: Any) -> Reward:
        first = verify(*arguments)
        judged.extend(verify(*arguments) for _ in range(TIMES - 1))
        return first

    vars(env)["verify"] = several
    try:
        yield judged
    finally:
        del vars(env)["verify"]


def verdicts_are_the_same_in_another_process(stage: Stage) -> None:
    """Processes that hash otherwise, on another day, judge the oracle, noop and simple calls of the tools the same."""
    here = verdicts_of(stage)
    stage.played = None  # no episode of one process shows it again
    for there, where in verdicts_elsewhere(stage):
        for what, verdict in here.items():
            other = there.get(what, {})
            told = "; ".join(
                f"{name} {verdict.get(name, 'none')} here, {other.get(name, 'none')} there"
                for name in sorted(verdict.keys() | other.keys())
                if verdict.get(name) != other.get(name)
            )
            expect(not told, f"{what} is judged otherwise in a process with {where}: {told}")


def _expect_same(task: Task, who: str, first: Reward, again: Reward) -> None:
    if task.canary:  # whose reward is 0 whatever is judged
        return
    values, others = parts(first), parts(again)
    apart = differing(values, others)
    expect(
        not apart,
        f"what {who} left on {task.id} was worth {first.value:g}, and {again.value:g} when it was judged again; "
        f"what differs: {', '.join(apart)}",
    )


def _expect(task: Task, reward: Reward, right: Callable[[float], bool], who: str) -> None:
    fits = reward.value < 1 if task.canary else right(reward.value)
    expect(fits, f"{who} got {reward.value:g} on {task.id}: {_evidence(reward)}")


def _evidence(reward: Reward) -> str:
    return "; ".join(f"{c.name} {c.value:g} ({c.evidence})" for c in reward.components) or "no components"
