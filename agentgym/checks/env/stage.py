"""What the checks of one environment work with: the environment, its tasks, and somebody who plays scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from agentgym.checks.env.calls import plain_message, simple_calls
from agentgym.checks.env.watched import WatchedBackend
from agentgym.checks.report import Failed
from agentgym.env import AgentEnv, Script
from agentgym.message import Message, as_message
from agentgym.reward import Reward
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task
from agentgym.trajectory import StopReason

MakeEnv = Callable[..., AgentEnv]

# Who makes simple calls, as reasons name them; no `--policy` does so.
SIMPLE_CALLS = "one simple call of each tool"


class Played(NamedTuple):
    """What is being played: a task, and by whom, as `--policy` names them; empty for what is no policy."""

    task: Task
    who: str


@dataclass
class Stage:
    """What the checks of one environment work with.

    Attributes:
        env: plays.
        tasks: how many tasks of each split are looked at.
        seed: chooses the train tasks, as a rollout's seed does, and is the first that `reset` is given.
        make_env: makes another one like it.
        given: what `make_env` was given as `sandbox` by who asked for the checks.
        watched: where the boxes come from.
        played: what was played last, for the command that does so again.
        did_something: whether who was played last said a word, or made a call that was not malformed.
    """

    env: AgentEnv
    tasks: int
    seed: int = 0
    make_env: MakeEnv | None = None
    given: str | SandboxBackend = "auto"
    watched: WatchedBackend | None = None
    played: Played | None = field(default=None, init=False)
    did_something: bool = field(default=False, init=False)

    def sample(self) -> Iterator[Task]:
        """Yield the tasks that a rollout of so many tasks plays: the first of demo and eval, a seeded few of train."""
        for split in Split:
            yield from self.chosen(split, self.tasks)

    def firsts(self) -> Iterator[Task]:
        """Yield the first task of the sample of each split."""
        for split in Split:
            yield from self.chosen(split, self.tasks)[:1]

    def solvable(self) -> Task:
        """Return the first task of the sample that has a solution."""
        for task in self.sample():
            if not task.canary:
                return task
        raise Failed(f"none of the first {self.tasks} tasks of any split has a solution")

    @property
    def players(self) -> dict[str, Script]:
        """The scripts whose verdicts are compared: the oracle, where there is one, noop, and work that is wrong."""
        oracle = {"oracle": self.env.oracle} if self.env.has_oracle else {}
        return {**oracle, "noop": self.env.noop, SIMPLE_CALLS: self.simple_work()}

    def simple_work(self) -> Script:
        """Return a script that calls each tool once, those that end an episode last, and then says a word."""
        ending = self._ending

        def work(task: Task) -> Iterable[Message]:
            yield from simple_calls(sorted(self.env.tools, key=lambda tool: tool.name in ending))
            yield plain_message()

        return work

    @cached_property
    def _ending(self) -> set[str]:
        """The names of the tools whose simplest call ends an episode."""
        tried: dict[str, bool] = {}
        for task in self.firsts():
            self.begin(task)
            tools = self.env.tools
            for tool, message in zip(tools, simple_calls(tools), strict=True):
                if tool.name not in tried:
                    _, _, tried[tool.name], truncated, _ = self.env.step(message)
                    if tried[tool.name] or truncated:
                        self.begin(task)
        return {name for name, ends in tried.items() if ends}

    def play(self, task: Task, script: Script, *, env: AgentEnv | None = None, who: str = "") -> Reward:
        """Play a script and return its reward; one that ends without submitting is judged as it stands."""
        env = env or self.env
        self.begin(task, env=env, who="" if who == SIMPLE_CALLS else who)
        self.did_something = False
        for message in map(as_message, script(task)):
            _, _, terminated, truncated, info = env.step(message)
            self.did_something |= bool(message.content) or len(message.tool_calls) > info["malformed_calls"]
            if terminated or truncated:
                reward: Reward = info["reward"]
                return reward
        return env.conclude(StopReason.MAX_TURNS)

    def begin(
        self, task: Task, *, env: AgentEnv | None = None, who: str = ""
    ) -> tuple[tuple[Message, ...], dict[str, Any]]:
        """Begin an episode of a task and return what `reset` does."""
        self.played = Played(task, who)
        return (env or self.env).reset(seed=self.seed, options={"task": task})

    @contextmanager
    def another(self) -> Iterator[AgentEnv]:
        """Make another environment of the same kind, with boxes from the same place, and close it afterwards."""
        assert self.make_env is not None
        env = self.make_env(sandbox=self.boxes)
        try:
            yield env
        finally:
            env.close()

    @property
    def boxes(self) -> WatchedBackend:
        """Where the boxes come from."""
        assert self.watched is not None
        return self.watched

    def chosen(self, split: Split, count: int) -> list[Task]:
        """Return so many tasks of a split: the first of demo and eval, a seeded few of train."""
        tasks = self.env.tasks(split)
        return [tasks[index] for index in tasks.choose(count, seed=self.seed)]


def differing(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    """Return the names of the values that are not the same in two verdicts."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
