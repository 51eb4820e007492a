"""What a program computes, compared with what it should, and the names that it makes up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from agentgym.environments.json_math.pseudocode.items import assigned
from agentgym.environments.json_math.pseudocode.parse import parse
from agentgym.environments.json_math.pseudocode.run import run, with_room
from agentgym.environments.json_math.pseudocode.statements import compiled
from agentgym.environments.json_math.pseudocode.tree import PseudocodeError
from agentgym.task import canonical_json

MAX_SHOWN = 120


def wrong_case(text: str, cases: Sequence[Mapping[str, Any]]) -> str:
    """Return how a program fails on the first case that it fails on; empty if it is right on all.

    Args:
        text: the program.
        cases: `inputs`, values by name, and the `output` that a right program has for them.
    """
    try:
        program = with_room(lambda: compiled(parse(text)))
    except PseudocodeError as error:
        return str(error)
    for case in cases:
        inputs = case["inputs"]
        try:
            result = with_room(lambda inputs=inputs: run(program, inputs))  # type: ignore[misc]
        except PseudocodeError as error:
            return f"{error} (with {shown(inputs)})"
        if not same(result, case["output"]):
            return f"with {shown(inputs)} it returns {clipped(canonical_json(result))}, which is wrong"
    return ""


def returned(text: str, inputs: Mapping[str, JsonValue]) -> JsonValue:
    """Return the result of a program.

    Raises:
        PseudocodeError: it is none, or it fails.
    """
    return with_room(lambda: run(compiled(parse(text)), inputs))


def names(text: str) -> Sequence[str]:
    """Return the names that a program makes up, each once: its variables, functions and parameters.

    A name that is given to the program counts only if the program gives it another value.

    Raises:
        PseudocodeError: it cannot be read.
    """
    program = with_room(lambda: parse(text))
    found = assigned(program.body)
    for function in program.functions:
        found += [function.name, *function.parameters, *assigned(function.body)]
    return tuple(dict.fromkeys(found))


def same(left: JsonValue, right: JsonValue) -> bool:
    """Tell whether two JSON values are equal, where 1, 1.0 and true are not."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def shown(inputs: Mapping[str, JsonValue]) -> str:
    """Return inputs as they are named in a message."""
    return clipped(", ".join(f"{name} = {canonical_json(value)}" for name, value in inputs.items()) or "no inputs")


def clipped(text: str) -> str:
    """Return a text that is not longer than a message can bear."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
