"""The gauntlet: five hard problems, alone and all in one document, frozen for evaluation and varied for training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from agentgym.env import Script
from agentgym.environments.gauntlet.cheats import CHEATS
from agentgym.environments.gauntlet.tasks import similar_train_indices, task_set
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.message import Message
from agentgym.task import Split, Task, TaskSet


class GauntletEnv(JsonMathEnv):
    """The frozen task set `gauntlet-v1`, answered like json-math's problems, and siblings of its tasks."""

    id = "agentgym/Gauntlet-v1"
    summary = "five hard problems, from a closed form to a compiled program, in one strict JSON document"
    max_turns = 20
    cheats: ClassVar[Mapping[str, Script]] = CHEATS

    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        """Return the tasks of a split; those of eval are frozen."""
        return task_set(split, version=cls.id)

    def examples(self, task: Task, count: int) -> list[tuple[Task, list[Message]]]:
        """Return solved train tasks of the same parts, each solved by one call."""
        train = self.tasks(Split.TRAIN)
        others = [train[index] for index in similar_train_indices(task, count)]
        return [(other, list(self.oracle(other))) for other in others]
