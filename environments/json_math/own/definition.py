"""A user's own problem: its form, how its parts go together, and that its gold is right and nothing is not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentgym.environments.json_math.families import LEVELS
from agentgym.environments.json_math.own.parts import OwnInteger, OwnPart, read_part
from agentgym.environments.json_math.problem import Part, Problem
from agentgym.environments.json_math.tasks import prompt, secret
from agentgym.environments.json_math.verify import verify
from agentgym.errors import did_you_mean
from agentgym.harbor.faults import Fault, model_faults
from agentgym.task import Split, Task

OWN = "own"
MAX_PARTS = 12


class Definition(BaseModel):
    """One problem of the user's own.

    Attributes:
        id: names it; its task id is `json-math/own/<id>`.
        statement: what is told before the parts.
        parts: the keys of the answer, each as `parts.KINDS` has it.
        relations: integer parts that are sums of products of others: the keys of each product, by total.
        level: how hard it is meant to be.
        family: what it is counted under.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    statement: str = Field(min_length=1, max_length=20_000)
    parts: tuple[Any, ...] = Field(min_length=1, max_length=MAX_PARTS)
    relations: dict[str, tuple[tuple[str, ...], ...]] = {}
    level: int = Field(default=1, ge=1, le=LEVELS)
    family: str = Field(default=OWN, pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")


def read_definition(values: dict[str, Any], short_name: str, faults: list[Fault]) -> Task | None:
    """Return the task that a problem is; None where there are faults, all of which are then added."""
    try:
        definition = Definition.model_validate(values)
    except ValidationError as error:
        definition = None
        faults += model_faults(Definition, error)
    given = values.get("parts")
    parts = list(_parts(given, faults)) if isinstance(given, list) else []
    if definition is None:
        return None
    if not faults:
        faults += _together(definition, parts)
    if faults:
        return None
    made = [part for number, own in enumerate(parts) for part in _made(number, own, faults)]
    if faults:
        return None
    problem = Problem(definition.statement, made, definition.relations)
    faults += _verdicts(definition, problem)
    return None if faults else _task(definition, problem, short_name)


def _made(number: int, own: OwnPart, faults: list[Fault]) -> Iterator[Part]:
    """Yield the part that is asked for, unless what is wanted of it contradicts itself."""
    try:
        yield own.part()
    except (KeyError, TypeError, ValueError) as error:
        faults.append(Fault(f"parts.{number}", str(error)))


def _parts(given: Sequence[Any], faults: list[Fault]) -> Iterator[OwnPart]:
    for number, values in enumerate(given):
        found: list[Fault] = []
        part = read_part(values, found)
        faults += [Fault(".".join(filter(None, ("parts", str(number), key))), why) for key, why in found]
        if part is not None:
            yield part


def _together(definition: Definition, parts: Sequence[OwnPart]) -> Iterator[Fault]:
    """Yield what is wrong between the parts."""
    for key, count in Counter(part.key for part in parts).items():
        if count > 1:
            yield Fault("parts", f"{count} parts have the key {key}: give each its own")
    integers = [part.key for part in parts if isinstance(part, OwnInteger)]
    for total, products in definition.relations.items():
        for key in dict.fromkeys([total, *(key for keys in products for key in keys)]):
            if key not in integers:
                yield Fault(f"relations.{total}", f"no integer part is named {key!r}{did_you_mean(key, integers)}")
        if not products or not all(products):
            yield Fault(f"relations.{total}", 'write at least one product of at least one key, as [["a", "b"], ["c"]]')


def _task(definition: Definition, problem: Problem, short_name: str) -> Task:
    return Task(
        id=f"{short_name}/{OWN}/{definition.id}",
        split=Split.EVAL,
        index=0,
        family=definition.family,
        level=definition.level,
        prompt=prompt(problem),
        secret=secret(problem) | {"held_out": False},
    )


def _verdicts(definition: Definition, problem: Problem) -> Iterator[Fault]:
    """Yield why gold does not score 1, part by part and then as a whole, or why an empty object scores."""
    faults = []
    for number, part in enumerate(problem.parts):
        alone = _task(definition, replace(problem, parts=[part], relations={}), "-")
        faults += [Fault(f"parts.{number}.gold", why) for why in _gold_faults(alone)]
    yield from faults
    if not faults:
        whole = _task(definition, problem, "-")
        for why in _gold_faults(whole):
            yield Fault("relations" if problem.relations else "parts", why)
        if verify(whole, b"{}").value:
            yield Fault("parts", "an empty object scores, so nothing is asked for")


def _gold_faults(task: Task) -> list[str]:
    try:
        reward = verify(task, json.dumps(task.secret["gold"]).encode())
    except Exception as error:
        # Whatever the verifier cannot do with a gold is a fault of that gold.
        return [f"nothing can be judged with it: {error}"]
    return [f"it does not score 1: {component.evidence}" for component in reward.components if not component.value]
