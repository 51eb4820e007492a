"""A user's own problem: its form, how its parts go together, and that its gold is right and nothing is not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agentgym.environments.json_math.families import LEVELS
from agentgym.environments.json_math.own.parts import KINDS, OwnPart, read_part
from agentgym.environments.json_math.problem import Part, Problem
from agentgym.environments.json_math.tasks import prompt, secret
from agentgym.environments.json_math.verify import verify
from agentgym.errors import did_you_mean
from agentgym.harbor.faults import Fault, model_faults
from agentgym.task import Split, Task

OWN = "own"
MAX_PARTS = 12
INTEGER = "integer"
Products = tuple[tuple[str, ...], ...]
PRODUCTS: TypeAdapter[Products] = TypeAdapter(Products)


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
    relations: dict[str, Products] = {}
    level: int = Field(default=1, ge=1, le=LEVELS)
    family: str = Field(default=OWN, pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")


def read_definition(values: dict[str, Any], short_name: str, faults: list[Fault]) -> Task | None:
    """Return the task that a problem is; None where there are faults, all of which are then added.

    What hangs on a value that is wrong itself is not looked at.
    """
    try:
        definition = Definition.model_validate(values)
    except ValidationError as error:
        definition = None
        faults += model_faults(Definition, error)
    given = values.get("parts")
    given = given if isinstance(given, list) else []
    parts = list(_parts(given[:MAX_PARTS], faults))
    relations = _relations(values.get("relations", {}))
    faults += [*_repeated_keys(given), *_relation_faults(relations, given)]
    faults += _whole_faults(parts, relations)
    if definition is None or faults:
        return None
    return _task(definition, Problem(definition.statement, parts, relations), short_name)


def _parts(given: Sequence[Any], faults: list[Fault]) -> Iterator[Part]:
    """Yield the parts whose gold scores 1 when they are asked for alone."""
    for number, values in enumerate(given):
        found: list[Fault] = []
        own = read_part(values, found)
        part = _made(own, found) if own else None
        faults += [Fault(".".join(filter(None, ("parts", str(number), key))), why) for key, why in found]
        if part is not None:
            yield part


def _made(own: OwnPart, faults: list[Fault]) -> Part | None:
    """Return the part that is asked for, or None and what contradicts itself in it."""
    try:
        part = own.part()
    except (KeyError, TypeError, ValueError) as error:
        faults.append(Fault("", str(error)))
        return None
    found = [Fault("gold", why) for _, why in _gold_faults(Problem("", [part]))]
    faults += found
    return None if found else part


def _relations(given: Any) -> Mapping[str, Products]:
    """Return the relations that have the form of some."""
    made: dict[str, Products] = {}
    for total, products in given.items() if isinstance(given, dict) else ():
        try:
            made[total] = PRODUCTS.validate_python(products)
        except ValidationError:
            continue
    return made


def _repeated_keys(given: Sequence[Any]) -> Iterator[Fault]:
    for key, count in Counter(filter(None, map(_key, given))).items():
        if count > 1:
            yield Fault("parts", f"{count} parts have the key {key}: give each its own")


def _relation_faults(relations: Mapping[str, Products], given: Sequence[Any]) -> Iterator[Fault]:
    """Yield relations between what are no integer parts; a part without a key or a kind may be any."""
    kinds = {_key(part): part.get("kind") for part in given if isinstance(part, dict)}
    integers = [key for key, kind in kinds.items() if kind == INTEGER]
    open_keys = [key for key, kind in kinds.items() if kind not in list(KINDS)]
    for total, products in relations.items():
        for key in dict.fromkeys([total, *(key for keys in products for key in keys)]):
            if key not in integers and key not in open_keys and all(map(_key, given)):
                near = did_you_mean(key, integers).removesuffix(".")
                yield Fault(f"relations.{total}", f"no integer part is named {key!r}{near}")
        if not products or not all(products):
            yield Fault(f"relations.{total}", 'write at least one product of at least one key, as [["a", "b"], ["c"]]')


def _key(part: Any) -> str:
    """Return the key of a part as it is written; empty if there is none."""
    key = part.get("key") if isinstance(part, dict) else None
    return key if isinstance(key, str) else ""


def _whole_faults(parts: Sequence[Part], relations: Mapping[str, Products]) -> Iterator[Fault]:
    """Yield why all the parts that are right alone are wrong together, or why an empty object scores."""
    integers = {part.key for part in parts if part.schema == {"type": "integer"}}
    if not parts or len({part.key for part in parts}) < len(parts):
        return
    known = {
        total: products
        for total, products in relations.items()
        if products and all(products) and integers.issuperset({total}.union(*products))
    }
    whole = Problem("", parts, known)
    for name, why in _gold_faults(whole):
        yield Fault("relations" if name.startswith("relation:") else "parts", why)
    if verify(_judged(whole), b"{}").value:
        yield Fault("parts", "an empty object scores, so nothing is asked for")


def _task(definition: Definition, problem: Problem, short_name: str) -> Task:
    return _judged(problem).model_copy(
        update={
            "id": f"{short_name}/{OWN}/{definition.id}",
            "family": definition.family,
            "level": definition.level,
            "prompt": prompt(problem),
        }
    )


def _judged(problem: Problem) -> Task:
    """Return a task that an answer can be judged by, and that is served to nobody."""
    own = secret(problem) | {"held_out": False}
    return Task(id=f"-/{OWN}/-", split=Split.EVAL, index=0, family=OWN, level=1, prompt="-", secret=own)


def _gold_faults(problem: Problem) -> list[tuple[str, str]]:
    """Return which components gold does not score 1 in, each with why."""
    task = _judged(problem)
    try:
        reward = verify(task, json.dumps(task.secret["gold"]).encode())
    except Exception as error:
        # Whatever the verifier cannot do with a gold is a fault of that gold.
        return [("", f"nothing can be judged with it: {error}")]
    return [(one.name, f"it does not score 1: {one.evidence}") for one in reward.components if not one.value]
