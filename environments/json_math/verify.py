"""The verdict on a submitted document: format, schema, then every part by itself.

A document is untrusted text, so its verification is bounded by construction rather than by a clock: the parser is
linear in at most 64 KiB, schemas hold no pattern that backtracks, and expressions pay for each operation out of a
budget. That keeps the verdict the same on a slow machine and a fast one, and needs no process to kill.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.validators import extend
from pydantic import JsonValue

from agentgym.environments.json_math import strict_json
from agentgym.environments.json_math.checks import CHECKS, Check
from agentgym.reward import Component, Reward
from agentgym.task import Task

MAX_EVIDENCE = 300


def _is_integer(checker: object, value: object) -> bool:
    """Tell whether a value was written as an integer; JSON Schema itself also takes 7.0."""
    return isinstance(value, int) and not isinstance(value, bool)


StrictValidator = extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)


def verify(task: Task, answer: bytes | None, checks: Mapping[str, Check] = CHECKS) -> Reward:
    """Judge a submitted document; all or nothing, with a component for each rule, part and constraint.

    Args:
        task: the task, its secret included.
        answer: the document as submitted, or None if nothing was.
        checks: how parts are judged, by kind.
    """
    if answer is None:
        return Reward.zero("format", "nothing was submitted")
    try:
        document = strict_json.parse(answer)
    except strict_json.StrictJsonError as error:
        rule, position = error.rule.name.lower(), error.position
        return Reward.of([_component("format", str(error), {"rule": rule, "position": position})])
    components = [_component("format", ""), _component("schema", "; ".join(_schema_faults(task, document)))]
    if components[-1].value:
        parts = cast("dict[str, JsonValue]", document)
        components += [*_parts(task, parts, checks), *_relations(task, parts)]
    return Reward.of(components)


def _schema_faults(task: Task, document: JsonValue) -> list[str]:
    """Return the first faults; writing all of them down could take longer than finding them."""
    validator = StrictValidator(task.secret["schema"])
    return [f"{fault.json_path}: {fault.message[:100]}" for fault in islice(validator.iter_errors(document), 3)]


def _parts(task: Task, document: Mapping[str, JsonValue], checks: Mapping[str, Check]) -> Iterator[Component]:
    secret = cast("Mapping[str, Any]", task.secret)
    for key, gold in secret["gold"].items():
        check = secret["checks"][key]
        known = check | {"gold": check.get("gold", gold), "document": document}
        for finding in checks[check["kind"]](document[key], known):
            aspect, _, name = (finding.aspect or ("reason" if key in secret["reasons"] else "value")).partition(":")
            yield _component(":".join(filter(None, (aspect, key, name))), finding.fault)


def _relations(task: Task, document: Mapping[str, JsonValue]) -> Iterator[Component]:
    """Judge whether the parts agree with one another, right or wrong."""
    relations = cast("Mapping[str, Sequence[Sequence[str]]]", task.secret["relations"])
    numbers = cast("Mapping[str, int]", document)
    for total, products in relations.items():
        equation = f"{total} = {' + '.join(' * '.join(keys) for keys in products)}"
        holds = numbers[total] == sum(prod(numbers[key] for key in keys) for keys in products)
        yield _component(f"relation:{total}", "" if holds else f"it does not hold that {equation}")


def _component(name: str, fault: str, data: Mapping[str, JsonValue] | None = None) -> Component:
    return Component(name=name, value=float(not fault), hard=True, evidence=fault[:MAX_EVIDENCE], data=dict(data or {}))
