"""How one part of an answer is judged: a registry of checks by kind, each of which yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, cast

from pydantic import JsonValue

from agentgym.environments.json_math import comparison, constraints, pseudocode
from agentgym.environments.json_math.comparison import values_at
from agentgym.environments.json_math.language import Budget, ExpressionError, Value, evaluate, parse, same
from agentgym.task import canonical_json


class Finding(NamedTuple):
    """What was judged of a part, and what is wrong with it.

    Attributes:
        fault: one line that says what is wrong; empty if nothing is.
        aspect: `` (the value itself), `constraint:NAME` or `padding`.
    """

    fault: str
    aspect: str = ""


Check = Callable[[JsonValue, Mapping[str, Any]], Iterator[Finding]]


def equal(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge a value that must be gold itself, its type included."""
    yield Finding(_where_wrong(value, check["gold"]))


def _where_wrong(value: JsonValue, gold: JsonValue) -> str:
    """Return in what a value differs from gold, without a value of gold's; empty if in nothing."""
    if canonical_json(value) == canonical_json(gold):
        return ""
    if not isinstance(value, list) or not isinstance(gold, list):
        return "wrong"
    if len(value) != len(gold):
        return f"wrong: {len(value)} item{'' if len(value) == 1 else 's'}, not {len(gold)}"
    faults = ((place, _where_wrong(*pair)) for place, pair in enumerate(zip(value, gold, strict=True), start=1))
    place, fault = next((place, fault) for place, fault in faults if fault)
    within = fault.removeprefix("wrong").removeprefix(" at")
    return f"wrong at item {place}" + (within if within.startswith(":") else f",{within}" if within else "")


def fraction(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge a fraction, or a list or matrix of them, each of which has one writing in lowest terms."""
    if value == check["gold"]:
        yield Finding("")
    else:
        yield Finding(_where_wrong(_lowest(value), _lowest(check["gold"])) or "right, but not in lowest terms")


def _lowest(value: JsonValue) -> JsonValue:
    return [_lowest(item) for item in value] if isinstance(value, list) else str(Fraction(str(value)))


def solution(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge a list of integers that solves linear equations, whichever of the solutions it is."""
    yield Finding(_why_no_solution(cast("Sequence[int]", value), **check))


def _why_no_solution(
    values: Sequence[int], *, rows: Sequence[Sequence[int]], right: Sequence[int], modulus: int, **_: object
) -> str:
    """Return what is wrong with a list as a solution; empty if nothing is."""
    if len(values) != len(rows[0]):
        return f"it has {len(values)} numbers, not {len(rows[0])}"
    if modulus and not all(0 <= x < modulus for x in values):
        return f"not all of its numbers are from 0 to {modulus - 1}"
    if not any(right) and not any(values):
        return "all of its numbers are 0"
    for place, (row, expected) in enumerate(zip(rows, right, strict=True), start=1):
        excess = sum(a * x for a, x in zip(row, values, strict=True)) - expected
        if excess % modulus if modulus else excess:
            return f"it does not solve equation {place}"
    return ""


def closed_form(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge an expression in n, by its exact values; see `comparison`."""
    first_n, sums = check["first_n"], check["sums"]
    yield Finding(comparison.difference(str(value), check["gold"], first_n=first_n, sums=sums))


def constant(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge an exact number, whatever its writing."""
    expected = _number_of_gold(check["gold"])
    budget = Budget()
    try:
        right = same(evaluate(parse(str(value), variables=[]), {}, budget), expected, budget)
    except ExpressionError as error:
        yield Finding(str(error))
        return
    yield Finding("" if right else "wrong")


@lru_cache(maxsize=256)
def _number_of_gold(gold: str) -> Value:
    return evaluate(parse(gold, variables=[]), {}, Budget())


def text(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge prose: each constraint by itself, and whether it is filled up."""
    yield from _constraints(str(value), check)
    yield Finding(constraints.padding(str(value), check["language"]), "padding")


def count_of(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge an integer that counts something in another part of the same document."""
    found = constraints.count(check["what"], str(check["document"][check["of"]]))
    yield Finding("" if value == found else f"{value}, but in {check['of']!r} it is {found}")


def sum_of(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge an integer that is the sum of other parts of the same document."""
    found = sum(check["document"][key] for key in check["of"])
    yield Finding("" if value == found else f"{value}, but {' + '.join(check['of'])} = {found}")


def program(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge pseudocode: what it computes, each constraint by itself, and lines that do nothing."""
    yield Finding(pseudocode.wrong_case(str(value), check["cases"]))
    yield from _constraints(str(value), check)
    yield Finding(pseudocode.padding(str(value), check["cases"]), "padding")


def _constraints(value: str, check: Mapping[str, Any]) -> Iterator[Finding]:
    for constraint in check["constraints"]:
        yield Finding(constraints.fault(constraint, value), f"constraint:{constraint['kind']}")


# An unknown kind of check is a fault of the verifier, never a pass.
CHECKS: Mapping[str, Check] = {
    "equal": equal,
    "fraction": fraction,
    "solution": solution,
    "closed_form": closed_form,
    "constant": constant,
    "text": text,
    "count_of": count_of,
    "sum_of": sum_of,
    "program": program,
}

__all__ = ["CHECKS", "Check", "Finding", "values_at"]
