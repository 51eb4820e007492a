"""The tasks of each split, drawn from the frozen list of mutants.

A fault belongs to one split only, whatever its level, wording and company, so no faulty program is both trained on and
evaluated. Within a split every pair of mutant and level is one task. The wording is drawn until the finished task's
content, too, belongs to the split.
"""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from agentgym.environments.code_repair.tasks.canaries import LEVEL, Canary, canaries
from agentgym.environments.code_repair.tasks.decoys import with_decoys
from agentgym.environments.code_repair.tasks.mutant import Fault, Kind, Mutant, load_mutants
from agentgym.environments.code_repair.tasks.syntax import syntax_tree
from agentgym.environments.code_repair.tasks.wording import bug_report
from agentgym.plugins import short_name
from agentgym.task import Split, Task, TaskKind, TaskSet, derive_seed, generated, task_id

VERSION = "agentgym/CodeRepair-v1"
LEVELS = (1, 2, 3, 4, 5, 6)
DEMO_TASKS = 8
DEMO_TASKS_PER_BASE = 2
# Mistakes that are undone by writing one symbol or word the other way round.
FLIPS = frozenset({"boundary", "direction", "negated-comparison", "boolean-literal", "wrong-assignment"})


class Plan(NamedTuple):
    """What a task is about; its wording is not yet drawn."""

    mutant: Mutant
    level: int


@cache
def task_set(split: Split) -> TaskSet:
    """Return the tasks of a split: all of train and eval in a fixed random order, demo from the easiest."""
    chosen = served(split)

    def draw(rng: random.Random, index: int) -> Task:
        about = chosen[index]
        if isinstance(about, Canary):
            return make_canary_task(about, split, index, rng)
        return make_task(about, split, index, rng)

    def kind_of(index: int) -> TaskKind:
        about = chosen[index]
        if isinstance(about, Canary):
            return TaskKind(about.base.name, LEVEL)
        return TaskKind(about.mutant.base, about.level)

    return generated(split, len(chosen), draw, version=VERSION, kind_of=kind_of)


@cache
def served(split: Split) -> Sequence[Plan | Canary]:
    """Return what the tasks of a split are about, canaries included: one at the end of each stretch of the plans."""
    about, apart = plans(split), canaries(split)
    mixed: list[Plan | Canary] = []
    for number, canary in enumerate(apart):
        first, last = (len(about) * place // len(apart) for place in (number, number + 1))
        mixed += [*about[first:last], canary]
    return mixed or about


@cache
def plans(split: Split) -> Sequence[Plan]:
    """Return what the tasks of a split are about, in order."""
    if split is Split.DEMO:
        return [Plan(mutant, 1) for mutant in demo_mutants()]
    shown = {(mutant.base, mutant.faults[0]) for mutant in demo_mutants()}
    owned = [
        mutant
        for mutant in load_mutants()
        if served_in(mutant) is split and not any((mutant.base, fault) in shown for fault in mutant.faults)
    ]
    by_level = {level: [Plan(mutant, level) for mutant in owned if level in mutant.levels] for level in LEVELS}
    rng = random.Random(derive_seed(VERSION, "order", split))
    # Every level spread evenly, so that the first tasks of eval are as varied as all of them.
    placed = [
        ((place + rng.random()) / len(plans), plan.level, place, plan)
        for plans in by_level.values()
        for place, plan in enumerate(rng.sample(plans, len(plans)))
    ]
    return [plan for *_, plan in sorted(placed, key=lambda entry: entry[:3])]


def served_in(mutant: Mutant) -> Split | None:
    """Return the split that serves a mutant: what demo has no use for is trained on."""
    return Split.TRAIN if mutant.split is Split.DEMO else mutant.split


@cache
def demo_mutants() -> Sequence[Mutant]:
    """Return the easiest mutants of easy programs that are not trained on, at most two of a program.

    Easiest are flips, and of these the shortest lines.
    """
    fit = [
        mutant
        for mutant in load_mutants()
        if mutant.program.easy
        and mutant.kind is Kind.SINGLE
        and 1 in mutant.levels
        and mutant.split is Split.DEMO
        and mutant.function_text()
        and is_unique(mutant)
    ]
    fit.sort(key=lambda mutant: (mutant.operators[0] not in FLIPS, *_ease(mutant.faults[0]), mutant.base))
    chosen: list[Mutant] = []
    taken: Counter[str] = Counter()
    for mutant in fit:
        if len(chosen) < DEMO_TASKS and taken[mutant.base] < DEMO_TASKS_PER_BASE:
            chosen.append(mutant)
            taken[mutant.base] += 1
    return chosen


def _ease(fault: Fault) -> tuple[int, int]:
    return len(fault.after[0].strip()), fault.line


def is_unique(mutant: Mutant) -> bool:
    """Tell whether the faulty line's text occurs once in its file, so that it can be replaced without more context."""
    fault = mutant.faults[0]
    return mutant.sources()[fault.file].count(fault.after[0].strip()) == 1


def make_task(plan: Plan, split: Split, index: int, rng: random.Random) -> Task:
    """Return one task; `rng` chooses its wording."""
    mutant, level = plan
    material = material_of(plan, split, index)
    return Task(
        id=task_id(short_name(VERSION), split, index),
        split=split,
        index=index,
        family=mutant.base,
        level=level,
        prompt=bug_report(mutant, level, rng),
        files=material.files,
        secret={
            "base": mutant.base,
            "operators": list(mutant.operators),
            "faults": [fault.model_dump(mode="json") for fault in material.faults],
        },
    )


class Material(NamedTuple):
    """What a task's box starts with, and where in it the faults are."""

    files: Mapping[str, str]
    faults: Sequence[Fault]


@lru_cache(maxsize=64)
def material_of(plan: Plan, split: Split, index: int) -> Material:
    """Return what does not depend on a task's wording."""
    mutant, level = plan
    sources, tests = mutant.sources(), mutant.program.tests
    faults: Sequence[Fault] = moved(mutant.faults)
    if level == 5:
        rng = random.Random(derive_seed(VERSION, "decoys", split, index))
        sources, faults = with_decoys(sources, faults, rng)
        tests = without(mutant.failing, tests)
    return Material({**sources, **tests, "README.md": mutant.program.spec}, faults)


def make_canary_task(canary: Canary, split: Split, index: int, rng: random.Random) -> Task:
    """Return a task that has no solution."""
    program = canary.base
    return Task(
        id=task_id(short_name(VERSION), split, index),
        split=split,
        index=index,
        family=program.name,
        level=LEVEL,
        prompt=canary.prompt(rng),
        files={**program.sources, **canary.tests(), "README.md": program.spec},
        secret={
            "base": program.name,
            "operators": [],
            "faults": [],
            "call": [canary.call.function, list(canary.call.arguments)],
            "test": canary.test_name,
        },
        canary=True,
    )


def moved(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults with the lines at which they lie once all of them are in."""
    return [
        fault.model_copy(
            update={
                "line": fault.line
                + sum(
                    len(other.after) - len(other.before)
                    for other in faults
                    if other.file == fault.file and other.line < fault.line
                )
            }
        )
        for fault in faults
    ]


def without(names: Sequence[str], tests: Mapping[str, str]) -> dict[str, str]:
    """Return test files without some of their tests; a file that has no other is left out."""
    left: dict[str, str] = {}
    for file, text in tests.items():
        lines: list[str | None] = list(text.splitlines(keepends=True))
        functions = [node for node in syntax_tree(text).body if isinstance(node, ast.FunctionDef)]
        for function in functions:
            if function.name in names:
                lines[function.lineno - 1 : function.end_lineno] = [None] * (function.end_lineno - function.lineno + 1)  # type: ignore[operator]
        if any(function.name.startswith("test_") and function.name not in names for function in functions):
            kept = "".join(line for line in lines if line is not None)
            while "\n\n\n\n" in kept:
                kept = kept.replace("\n\n\n\n", "\n\n\n")
            left[file] = kept.rstrip("\n") + "\n"
    return left
