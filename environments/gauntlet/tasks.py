"""The frozen task set `gauntlet-v1` for evaluation, and its siblings for training.

The content of a task decides its split, and the content of the frozen tasks is given. So they carry a drawn number,
with which their content falls to eval.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from pydantic import JsonValue

from agentgym.environments.gauntlet.parts import PARTS
from agentgym.environments.json_math.problem import Problem
from agentgym.environments.json_math.tasks import prompt, secret
from agentgym.task import Split, Task, TaskKind, TaskSet, generated, task_id

TASK_SET = "gauntlet-v1"
WHOLE = "all"


class Plan(NamedTuple):
    """Which parts a task has, and how hard it is meant to be."""

    letters: str
    level: int

    @property
    def family(self) -> str:
        """The name of the one part that it has, or of all."""
        return PARTS[self.letters].name if len(self.letters) == 1 else WHOLE


LEVELS = {"a": 3, "b": 2, "c": 4, "d": 3, "e": 2}
WHOLE_LEVEL = 5
PLANS = (*(Plan(letter, LEVELS[letter]) for letter in PARTS), Plan("".join(PARTS), WHOLE_LEVEL))
DEMO = tuple(Plan(letter, 1) for letter in "ebaeba")
SIZES = {Split.DEMO: len(DEMO), Split.EVAL: len(PLANS), Split.TRAIN: 10**6}


def task_set(split: Split, *, version: str) -> TaskSet:
    """Return the tasks of a split."""
    split = Split(split)

    def draw(rng: random.Random, index: int) -> Task:
        plan = plan_of(split, index)
        problem = combined({letter: _problem(rng, split, letter) for letter in plan.letters})
        setup: dict[str, JsonValue] = {"set": TASK_SET, "draw": rng.getrandbits(32)} if split is Split.EVAL else {}
        return Task(
            id=task_id("gauntlet", split, index),
            split=split,
            index=index,
            family=plan.family,
            level=plan.level,
            prompt=prompt(problem),
            setup=setup,
            secret=secret(problem),
        )

    return generated(split, SIZES[split], draw, version=version, kind_of=partial(kind_of, split))


def kind_of(split: Split, index: int) -> TaskKind:
    """Return the family and level of an index's task."""
    plan = plan_of(split, index)
    return TaskKind(plan.family, plan.level)


def plan_of(split: Split, index: int) -> Plan:
    """Return what the task of an index is to be; in training, the parts and the whole take turns."""
    return DEMO[index] if split is Split.DEMO else PLANS[index % len(PLANS)]


def similar_train_indices(task: Task, count: int) -> list[int]:
    """Return train tasks of a task's family, without the task itself; of another's, for those with part C.

    A program that answers a sibling of part C answers all of them, with one constant changed.
    """
    families = [plan.family for plan in PLANS]
    given_away = [plan.family for plan in PLANS if "c" in plan.letters]
    first = families.index(task.family if task.family not in given_away else PARTS["b"].name)
    indices = [first + i * len(PLANS) for i in range(count + 1)]
    return [i for i in indices if (task.split, task.index) != (Split.TRAIN, i)][:count]


def combined(problems: Mapping[str, Problem]) -> Problem:
    """Return one problem of several, whose keys begin with the letter of the part that they are of."""
    parts = [replace(part, key=f"{letter}_{part.key}") for letter, of in problems.items() for part in of.parts]
    relations = {
        f"{letter}_{total}": [[f"{letter}_{key}" for key in keys] for keys in products]
        for letter, of in problems.items()
        for total, products in of.relations.items()
    }
    statement = "\n\n".join(f"Part {letter.upper()}. {of.statement}" for letter, of in problems.items())
    return Problem(statement, parts, relations)


def _problem(rng: random.Random, split: Split, letter: str) -> Problem:
    part = PARTS[letter]
    variant = part.v1 if split is Split.EVAL else part.sibling(rng, small=split is Split.DEMO)
    return variant.problem(rng)
