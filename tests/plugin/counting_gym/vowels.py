"""Say vowels: an environment whose reward is anything from 0 to 1, and that a random policy earns some of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from agentgym.env import AgentEnv, Artefacts
from agentgym.message import Message
from agentgym.reward import Component, Reward
from agentgym.sandbox import Sandbox, SandboxSpec
from agentgym.task import Split, Task, TaskSet, generated, task_id

SIZES = {Split.DEMO: 4, Split.EVAL: 40, Split.TRAIN: 1_000}


class VowelsEnv(AgentEnv):
    """The first reply counts: its reward is the share of vowels among its characters."""

    id = "counting_gym/Vowels-v1"
    summary = "say vowels"
    sandbox_spec: ClassVar[SandboxSpec | None] = None
    max_turns = 1

    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        def draw(rng: random.Random, index: int) -> Task:
            return Task(
                id=task_id("vowels", split, index),
                split=split,
                index=index,
                family="vowels",
                level=1 + index % 3,
                prompt=f"Say vowels, please ({rng.randint(0, 10**9)}).",
            )

        return generated(split, SIZES[split], draw, version=cls.id)

    def system_prompt(self) -> str:
        return "Say vowels."

    def make_tools(self) -> Sequence[Callable[..., str]]:
        return ()

    def hear(self, text: str) -> str | None:
        return self.hand_in({"said": text.encode()})

    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        said = artefacts.get("said", b"").decode()
        vowels = sum(letter in "aeiouAEIOU" for letter in said)
        return Reward.of([Component(name="vowels", value=vowels / max(1, len(said)), evidence=f"{vowels} vowels")])

    def oracle(self, task: Task) -> Iterable[Message]:
        yield Message(role="assistant", content="aeiou")

    def noop(self, task: Task) -> Iterable[Message]:
        yield Message(role="assistant", content="")
