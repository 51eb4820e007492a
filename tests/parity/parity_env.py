"""An environment in which a model looks at files that say anything."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from agentgym.env import AgentEnv, Artefacts, Script
from agentgym.reward import Reward
from agentgym.sandbox import Sandbox, SandboxSpec
from agentgym.task import Split, Task, TaskSet, generated, task_id


class LookEnv(AgentEnv):
    """Look at files until the turns are used up."""

    id = "agentgym/Look-v1"
    summary = "look"
    sandbox_spec: ClassVar[SandboxSpec | None] = None
    max_turns = 5
    cheats: ClassVar[Mapping[str, Script]] = {}

    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        def draw(rng: random.Random, index: int) -> Task:
            named = task_id("look", split, index)
            prompt = f"Look at {rng.random()}.txt — 日本."
            return Task(id=named, split=split, index=index, family="look", level=1, prompt=prompt)

        return generated(split, 10, draw, version=cls.id)

    def system_prompt(self) -> str:
        return "You look at files."

    def make_tools(self) -> Sequence[Callable[..., str]]:
        def look(path: str) -> str:
            """Look at a file."""
            return f"naïve\n{path}"

        return (look,)

    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        return Reward(value=0.0)
