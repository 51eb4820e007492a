"""The contract of an environment, checked by playing it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from gymnasium.utils.env_checker import check_env as check_gymnasium_env

from agentgym.checks.report import CheckReport, case_of, expect, run_check
from agentgym.env import AgentEnv, Script
from agentgym.message import Message, ToolCall
from agentgym.reward import Reward
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task, split_of
from agentgym.trajectory import StopReason

COMPARED = 100


@dataclass(frozen=True)
class Stage:
    """What the checks of one environment work with."""

    env: AgentEnv
    tasks: int

    def sample(self) -> Iterator[Task]:
        """Yield the first tasks of each split."""
        for split in Split:
            yield from self.env.tasks(split)[: self.tasks]

    def play(self, task: Task, script: Script) -> Reward:
        """Play a script and return its reward; one that ends without submitting is judged as it stands."""
        self.env.reset(options={"task": task})
        for message in script(task):
            _, _, terminated, truncated, info = self.env.step(message)
            if terminated or truncated:
                reward: Reward = info["reward"]
                return reward
        return self.env.conclude(StopReason.MAX_TURNS)


def check_env(
    make_env: Callable[..., AgentEnv], *, sandbox: str | SandboxBackend = "auto", tasks: int = 2
) -> CheckReport:
    """Check an environment against its contract.

    Args:
        make_env: the environment's class, or whatever makes one when called with `sandbox`.
        sandbox: the backend to play in; by name, or one that the caller owns.
        tasks: how many tasks of each split are played by the oracle, by noop and by each cheat.

    Returns:
        A report; `raise_for_failures` makes an AssertionError of it.
    """
    env = make_env(sandbox=sandbox)
    try:
        stage = Stage(env, tasks)
        return CheckReport(env.id, [run_check(case_of(check), partial(check, stage)) for check in ENV_CHECKS])
    finally:
        env.close()


def gymnasium_accepts_it(stage: Stage) -> None:
    """Gymnasium's own checker finds nothing wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*alternative render modes.*")
        check_gymnasium_env(stage.env)


def tasks_come_out_the_same(stage: Stage) -> None:
    """The same split and index give the same task, byte for byte."""
    for split in Split:
        first, second = (stage.env.tasks(split)[:COMPARED] for _ in range(2))
        for one, other in zip(first, second, strict=True):
            expect(one.to_bytes() == other.to_bytes(), f"{one.id} is another task the second time")
            expect(one.split is split, f"{one.id} says that it belongs to {one.split}")


def splits_share_no_task(stage: Stage) -> None:
    """No task belongs to two splits, and demo and eval hold none twice."""
    for split in Split:
        hashes = [task.content_hash for task in stage.env.tasks(split)[:COMPARED]]
        wrong = [index for index, content in enumerate(hashes) if split_of(content) is not split]
        expect(not wrong, f"tasks {wrong[:5]} of {split} belong to another split by their content")
        if split is not Split.TRAIN:
            expect(len(set(hashes)) == len(hashes), f"{len(hashes) - len(set(hashes))} tasks of {split} occur twice")


def the_oracle_scores_one(stage: Stage) -> None:
    """The oracle gets full marks on every task that has a solution."""
    _expect_of_all(stage, stage.env.oracle, lambda value: value == 1, "the oracle")


def noop_scores_zero(stage: Stage) -> None:
    """Doing nothing gets nothing, and none of what a task asks for is there beforehand."""
    for task in stage.sample():
        reward = stage.play(task, stage.env.noop)
        _expect(task, reward, lambda value: value == 0, "noop")
        expect(not reward.goals_earned, f"noop earned goals on {task.id}: {', '.join(reward.goals_earned)}")


def no_cheat_scores(stage: Stage) -> None:
    """No cheat gets anything, and there are some."""
    expect(stage.env.cheats, "the environment ships no cheats, so nothing shows that its grading holds")
    for task in stage.sample():
        for name, script in stage.env.cheats_for(task).items():
            _expect(task, stage.play(task, script), lambda value: value == 0, f"cheat {name!r}")


def malformed_calls_are_answered(stage: Stage) -> None:
    """An unknown tool and arguments that do not fit are answered and counted, and do not end the episode."""
    stage.env.reset(options={"task": next(stage.sample())})
    for name, arguments in [("no-such-tool", "{}"), *((tool.name, '{"no_such": ') for tool in stage.env.tools)]:
        action = Message(role="assistant", tool_calls=(ToolCall(id="1", name=name, arguments=arguments),))
        observation, _, terminated, _, info = stage.env.step(action)
        expect(info["malformed_calls"] == 1, f"{name}({arguments}) was not counted as malformed")
        expect(observation and observation[0].content, f"{name}({arguments}) got no answer")
        expect(not terminated, f"{name}({arguments}) ended the episode")


def _expect_of_all(stage: Stage, script: Script, right: Callable[[float], bool], who: str) -> None:
    for task in stage.sample():
        _expect(task, stage.play(task, script), right, who)


def _expect(task: Task, reward: Reward, right: Callable[[float], bool], who: str) -> None:
    fits = reward.value < 1 if task.canary else right(reward.value)
    expect(fits, f"{who} got {reward.value:g} on {task.id}: {_evidence(reward)}")


def _evidence(reward: Reward) -> str:
    return "; ".join(f"{c.name} {c.value:g} ({c.evidence})" for c in reward.components) or "no components"


ENV_CHECKS: Iterable[Callable[[Stage], None]] = (
    gymnasium_accepts_it,
    tasks_come_out_the_same,
    splits_share_no_task,
    malformed_calls_are_answered,
    the_oracle_scores_one,
    noop_scores_zero,
    no_cheat_scores,
)
