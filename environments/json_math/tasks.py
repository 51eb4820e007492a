"""From problems to tasks: which family and level an index has, the prompt, and what only the verifier knows."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, cast

from pydantic import JsonValue

from agentgym.environments.json_math import canaries, constraints
from agentgym.environments.json_math.families import FAMILIES, HELD_OUT_FAMILIES, LEVELS
from agentgym.environments.json_math.problem import Part, Problem
from agentgym.environments.json_math.pseudocode import PROGRAM_RULE
from agentgym.task import Split, Task, TaskKind, TaskSet, canonical_json, generated, task_id

TRAIN_FAMILIES = tuple(name for name in FAMILIES if name not in HELD_OUT_FAMILIES)
EVAL_ROUNDS = 6

FRACTION_RULE = (
    'Fractions are strings in lowest terms, as "3/4", "-7/2" or, for an integer, "5"; the denominator is positive.'
)
EXPRESSION_RULE = """\
A closed form is a string of at most 500 characters made of n, numbers, + - * / ^ !, parentheses, H(m) for the harmonic
number 1 + 1/2 + ... + 1/m, H(m,r) for 1 + 1/2^r + ... + 1/m^r, factorial(m), binomial(a,b), floor(x), ceil(x), pi,
gamma (Euler's constant), ln(x), zeta(k) and psi(x) (digamma). LaTeX is understood too: \\frac{a}{b}, \\binom{a}{b},
H_{m}, H_{m}^{(r)}, \\lfloor x \\rfloor; in it, write 2^{10}, not 2^10. Write a/b*c or a/(b*c), never a/b c.
Any right form counts."""
SUMS_RULE = """\
Finite sums may stand in it: sum(body, k, a, b), or \\sum_{k=a}^{b} body, whose body ends at the next + or -."""
CONSTANT_RULE = """\
An exact number is a string of at most 500 characters made of integers, + - * / ^ !, parentheses, pi, gamma (Euler's
constant), ln(x) (natural; log is the same) and zeta(k). LaTeX is understood too: \\frac{a}{b}, \\pi, \\ln 2, \\zeta(3);
in it, write 2^{10}, not 2^10. Write a/b*c or a/(b*c), never a/b c. Any right writing counts, no rounded one does."""


class Plan(NamedTuple):
    """What a task is to be, before chance has its say."""

    family: str
    level: int
    held_out: bool = False
    canary: canaries.Canary | None = None


DEMO = (
    *[Plan("arithmetic", 1)] * 3,
    Plan("recurrences", 1),
    Plan("runs", 1),
    Plan("arithmetic", 2),
    Plan("counting", 2),
    Plan("sums", 3),
)
# The canaries of eval come last.
SOLVABLE_IN_EVAL = EVAL_ROUNDS * LEVELS * len(FAMILIES)
SIZES = {Split.DEMO: len(DEMO), Split.EVAL: SOLVABLE_IN_EVAL + canaries.IN_EVAL, Split.TRAIN: 10**6}


def task_set(split: Split, *, version: str) -> TaskSet:
    """Return the tasks of a split."""

    def draw(rng: random.Random, index: int) -> Task:
        plan = plan_of(split, index)
        problem = draw_problem(rng, plan)
        return Task(
            id=task_id("json-math", split, index),
            split=split,
            index=index,
            family=plan.family,
            level=plan.level,
            prompt=prompt(problem),
            secret=secret(problem) | {"held_out": plan.held_out or plan.family in HELD_OUT_FAMILIES},
            canary=problem.canary,
        )

    return generated(split, SIZES[split], draw, version=version, kind_of=partial(kind_of, split))


def kind_of(split: Split, index: int) -> TaskKind:
    """Return the family and level of an index's task."""
    plan = plan_of(split, index)
    return TaskKind(plan.family, plan.level)


def draw_problem(rng: random.Random, plan: Plan) -> Problem:
    """Draw what a plan asks for."""
    if plan.canary is not None:
        return replace(plan.canary.draw(rng), canary=True)
    return FAMILIES[plan.family](rng, plan.level, held_out=plan.held_out)


def secret(problem: Problem) -> dict[str, JsonValue]:
    """Return what the verifier is told of a problem, as `verify.verify` takes it."""
    return {
        "schema": problem.schema(),
        "gold": {part.key: part.gold for part in problem.parts},
        "checks": {part.key: dict(part.check) for part in problem.parts},
        "reasons": [part.key for part in problem.parts if part.is_reason],
        "relations": {total: [list(keys) for keys in products] for total, products in problem.relations.items()},
    }


def plan_of(split: Split, index: int) -> Plan:
    """Return what the task of an index is to be: families take turns, then levels, then (in eval) held-out ranges.

    A few of train and eval are canaries instead.
    """
    if split is Split.DEMO:
        return DEMO[index]
    if canaries.in_train(index) if split is Split.TRAIN else index >= SOLVABLE_IN_EVAL:
        place = index // canaries.TRAIN_PERIOD if split is Split.TRAIN else index - SOLVABLE_IN_EVAL
        canary = canaries.CANARIES[place % len(canaries.CANARIES)]
        return Plan(canary.family, canaries.LEVEL, canary=canary)
    families = TRAIN_FAMILIES if split is Split.TRAIN else tuple(FAMILIES)
    round_, place = divmod(index, len(families) * LEVELS)
    level, family = divmod(place, len(families))
    return Plan(families[family], 1 + level, held_out=split is Split.EVAL and round_ % 2 == 1)


def similar_train_indices(task: Task, count: int) -> list[int]:
    """Return train tasks of a task's family and level; where no train task is of its family, of its level."""
    families = len(TRAIN_FAMILIES)
    first = (task.level - 1) * families
    if task.family in TRAIN_FAMILIES:
        first += TRAIN_FAMILIES.index(task.family)
        alike: Iterator[int] = itertools.count(first, LEVELS * families)
    else:
        alike = (first + i % families + i // families * LEVELS * families for i in itertools.count())
    others = (i for i in alike if (task.split, task.index) != (Split.TRAIN, i))
    return list(itertools.islice((i for i in others if plan_of(Split.TRAIN, i).canary is None), count))


def prompt(problem: Problem) -> str:
    """Return the user message: the statement, what each key holds, and the schema.

    Keys are left out only where there is nothing to tell of any of them, since the statement says it all.
    """
    rules = _rules(problem.parts)
    sections = [problem.statement]
    if rules or any(part.ask or constraints_of(part) for part in problem.parts):
        asks = [ask(part) for part in problem.parts]
        sections.append("\n".join(["Submit one JSON object with these keys:", *asks, *rules]))
    sections.append(f"JSON Schema of the answer:\n{canonical_json(problem.schema())}")
    return "\n\n".join(sections)


def ask(part: Part) -> str:
    """Return what a part must hold, and under it each constraint that it must keep."""
    rules = [f"  - {constraints.statement(constraint)}" for constraint in constraints_of(part)]
    return "\n".join([f'- "{part.key}": {part.ask}' if part.ask else f'- "{part.key}"', *rules])


def constraints_of(part: Part) -> Sequence[Mapping[str, JsonValue]]:
    """Return the constraints of a text or a program; other parts have none."""
    return cast("Sequence[Mapping[str, JsonValue]]", part.check.get("constraints", ()))


def _rules(parts: Sequence[Part]) -> list[str]:
    """Return what is to be known of the kinds of parts that there are, each told once."""
    kinds = {part.check["kind"] for part in parts}
    rules = {"fraction": FRACTION_RULE, "closed_form": EXPRESSION_RULE, "constant": CONSTANT_RULE}
    if any(part.check.get("sums") for part in parts):
        rules["closed_form"] += "\n" + SUMS_RULE
    rules |= {"text": constraints.PADDING_RULE, "program": PROGRAM_RULE}
    used = [constraint for part in parts for constraint in constraints_of(part)]
    counts = [str(part.check["what"]) for part in parts if part.check["kind"] == "count_of"]
    return [*(rule for kind, rule in rules.items() if kind in kinds), *constraints.definitions(used, counts)]
