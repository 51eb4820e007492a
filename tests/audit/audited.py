"""Environments to audit, small ones that need no box: one without a fault, and some with one each."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from counting_gym.env import CountingEnv

from agentgym.audit.audit import audit
from agentgym.audit.report import AuditReport
from agentgym.audit.target import Extent, Target
from agentgym.env import AgentEnv
from agentgym.errors import SandboxLost
from agentgym.message import Message, call
from agentgym.reward import Component, Reward
from agentgym.task import Split, Task, TaskSet


class AlwaysOne(CountingEnv):
    """Gives everything away."""

    def verify(self, task: Task, *_: Any) -> Reward:
        return Reward(value=1)


class ShipsNoCheats(CountingEnv):
    """Leaves open whether its grading holds."""

    cheats: ClassVar[dict[str, Any]] = {}


class TellsTheTime(CountingEnv):
    """Answers the same call with other words each time, and judges by how often it was judged."""

    answered = 0

    def make_tools(self) -> Sequence[Callable[..., str]]:
        add, submit = super().make_tools()

        def add_(amount: int) -> str:
            """Add a number to the sum."""
            TellsTheTime.answered += 1
            return add(amount) + " again" * TellsTheTime.answered

        add_.__name__ = "add"
        return add_, submit


class MeasuresAtRandom(CountingEnv):
    """Answers the same call with another number each time."""

    def make_tools(self) -> Sequence[Callable[..., str]]:
        add, submit = super().make_tools()

        def add_(amount: int) -> str:
            """Add a number to the sum."""
            return f"{add(amount)} sensor reads {random.random() * 1000:.3f}"

        add_.__name__ = "add"
        return add_, submit


class WithoutAnOracle(CountingEnv):
    """Does not say how its tasks are solved."""

    has_oracle: ClassVar[bool] = False


class BreaksOnEarlySubmits(CountingEnv):
    """Divides by the sum: who submits at once has no reward, and can be played again."""

    def verify(self, task: Task, *arguments: Any) -> Reward:
        assert 1 / self.total
        return super().verify(task, *arguments)


class IsLostElsewhere(CountingEnv):
    """Plays here, and loses its verdicts in the processes that the contract's checks ask."""

    def verify(self, task: Task, *arguments: Any) -> Reward:
        if abs(time.localtime().tm_gmtoff) > 11 * 3600:
            raise SandboxLost("the engine stopped")
        return super().verify(task, *arguments)


class WithCanaries(CountingEnv):
    """Half of its tasks have no solution. The oracle passes them, for it knows what is judged, and gets nothing."""

    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        tasks = super().tasks(split)
        return TaskSet(split, 4, lambda i: tasks[i].model_copy(update={"canary": i % 2 == 1}))


class PassesCanaries(WithCanaries):
    """Takes whatever is handed in for tasks that have no solution."""

    def verify(self, task: Task, *arguments: Any) -> Reward:
        return Reward.of([component(1)]) if task.canary else super().verify(task, *arguments)


class HardLevels(CountingEnv):
    """Has two levels; on the second the oracle does not know what to do."""

    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        tasks = super().tasks(split)
        return TaskSet(split, 4, lambda i: tasks[i].model_copy(update={"level": 1 + i % 2}))

    def oracle(self, task: Task) -> Iterable[Message]:
        yield call("add", amount=task.level)
        yield call("add", amount=1)
        yield call("submit")


def audited(env_class: type[AgentEnv], **extent: Any) -> AuditReport:
    """Return the report of a small audit."""
    chosen = Extent(**{"tasks": 1, "drawn": 12, "families": ("null", "own"), **extent})
    return audit(Target("counting", env_class), None, extent=chosen, tell=lambda line: None)


def component(value: float) -> Component:
    """Return what was judged."""
    return Component(name="sum", value=value, hard=True)
