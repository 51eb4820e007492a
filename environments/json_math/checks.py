"""How one part of an answer is judged: a registry of checks by kind, each of which yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from pydantic import JsonValue

from agentgym.environments.json_math import constraints, expression, pseudocode
from agentgym.environments.json_math.exact import Budget, evaluate
from agentgym.environments.json_math.expression import ExpressionError
from agentgym.task import canonical_json

# Enough neighbours that no polynomial or rational function short enough to be read fits by chance, and two far ones.
CONSECUTIVE = 30
FAR = (97, 1_000)


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
    yield Finding("" if canonical_json(value) == canonical_json(check["gold"]) else "wrong")


def fraction(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge a fraction, which has one writing in lowest terms."""
    if value == check["gold"]:
        yield Finding("")
    else:
        same = Fraction(str(value)) == Fraction(check["gold"])
        yield Finding("right, but not in lowest terms" if same else "wrong")


def closed_form(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge an expression in n, by its exact values at consecutive n and at large ones."""
    points = [*range(check["first_n"], check["first_n"] + CONSECUTIVE), *FAR]
    expected = values_at(check["gold"], points, sums=check["sums"])
    try:
        found = values_at(str(value), points, sums=check["sums"])
    except ExpressionError as error:
        yield Finding(str(error))
        return
    wrong = [n for n, value_there, gold in zip(points, found, expected, strict=True) if value_there != gold]
    yield Finding(f"wrong at n = {wrong[0]}" if wrong else "")


def constant(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge an exact number, whatever its writing."""
    expected = evaluate(expression.parse(check["gold"], variables=[]), {}, Budget())
    try:
        found = evaluate(expression.parse(str(value), variables=[]), {}, Budget())
    except ExpressionError as error:
        yield Finding(str(error))
        return
    yield Finding("" if found == expected else "wrong")


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


def values_at(text: str, points: Sequence[int], *, sums: bool = False) -> list[Fraction]:
    """Return the values of an expression in n.

    Raises:
        ExpressionError: it cannot be read, has no value at one of the points, or costs too much.
    """
    tree = expression.parse(text, variables=["n"])
    budget = Budget()
    values = []
    for n in points:
        try:
            values.append(evaluate(tree, {"n": n}, budget))
        except ExpressionError as error:
            raise ExpressionError(f"at n = {n}: {error}") from None
    return values


# An unknown kind of check is a fault of the verifier, never a pass.
CHECKS: Mapping[str, Check] = {
    "equal": equal,
    "fraction": fraction,
    "closed_form": closed_form,
    "constant": constant,
    "text": text,
    "count_of": count_of,
    "sum_of": sum_of,
    "program": program,
}
