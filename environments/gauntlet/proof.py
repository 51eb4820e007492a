"""The check of a written proof: its form. What it claims is checked in the parts that ask for its steps as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from agentgym.environments.json_math import constraints
from agentgym.environments.json_math.checks import Finding
from agentgym.environments.json_math.constraints.units import words
from agentgym.environments.json_math.problem import Part

MAX_PROOF = 2_000
DIFFERENT_WORDS = 20


def proof(key: str, ask: str, gold: str, rules: Sequence[Mapping[str, JsonValue]]) -> Part:
    """Return a part that is a proof in words and formulas, in English or any other language.

    The rules against padding of other texts are not for formulas; that a proof has words enough that differ is.
    """
    schema: dict[str, JsonValue] = {"type": "string", "minLength": 1, "maxLength": MAX_PROOF}
    check: dict[str, JsonValue] = {"kind": "proof", "constraints": [*constraints.together(rules)]}
    return Part(key, f"{ask}; it has at least {DIFFERENT_WORDS} different words or formulas", schema, gold, check)


def judge(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge the form of a proof: each constraint by itself, and that it is not filled up."""
    for constraint in check["constraints"]:
        yield Finding(constraints.fault(constraint, str(value)), f"constraint:{constraint['kind']}")
    different = len({word.casefold() for word in words(str(value))})
    few = f"{different} different words or formulas; at least {DIFFERENT_WORDS} are asked for"
    yield Finding("" if different >= DIFFERENT_WORDS else few, "padding")
