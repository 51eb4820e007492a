"""The gauntlet: five hard problems, alone and all in one document, frozen for evaluation and varied for training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from agentgym.env import Script
from agentgym.environments.gauntlet import proof
from agentgym.environments.gauntlet.cheats import CHEATS
from agentgym.environments.gauntlet.cpp import judge
from agentgym.environments.gauntlet.tasks import similar_train_indices, task_set
from agentgym.environments.json_math.checks import CHECKS, Check
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.message import Message
from agentgym.sandbox import Sandbox, SandboxSpec
from agentgym.task import Split, Task, TaskSet


class GauntletEnv(JsonMathEnv):
    """The frozen task set `gauntlet-v1`, answered like json-math's problems, and siblings of its tasks."""

    id = "agentgym/Gauntlet-v1"
    summary = "five hard problems, from a closed form to a compiled program, in one strict JSON document"
    boxes_differ = True
    reads_tasks = False
    max_turns = 20
    cheats: ClassVar[Mapping[str, Script]] = CHEATS

    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        """Return the tasks of a split; those of eval are frozen."""
        return task_set(split, version=cls.id)

    def spec_for(self, task: Task) -> SandboxSpec | None:
        """Return the spec of boxes with a compiler for a task that asks for a C++ program; else as every task's."""
        if not needs_compiler(task):
            return self.spec_in_use()
        return SandboxSpec.model_validate(judge.SPEC.model_dump() | self._overrides)

    def checks(self, fresh_box: Callable[[], Sandbox]) -> Mapping[str, Check]:
        """Return json-math's checks, that of proofs, and that of C++ programs, which alone needs a box."""
        return {**CHECKS, "proof": proof.judge, **judge.checks(fresh_box)}

    def examples(self, task: Task, count: int) -> list[tuple[Task, list[Message]]]:
        """Return solved train tasks of the same parts, each solved by one call."""
        train = self.tasks(Split.TRAIN)
        others = [train[index] for index in similar_train_indices(task, count)]
        return [(other, list(self.oracle(other))) for other in others]


def needs_compiler(task: Task) -> bool:
    """Tell whether a part of a task is a C++ program."""
    checks = cast("Mapping[str, Mapping[str, Any]]", task.secret["checks"])
    return any(check["kind"] == "cpp" for check in checks.values())
