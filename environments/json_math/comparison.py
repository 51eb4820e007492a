"""Whether two closed forms in n are the same: by their exact values at many n, some of which nobody can foresee."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from random import Random

from agentgym.environments.json_math.language import (
    Budget,
    CostError,
    Exact,
    ExpressionError,
    Run,
    Value,
    agree,
    as_value,
    parse,
    prepared,
)
from agentgym.environments.json_math.language.budget import WORK
from agentgym.environments.json_math.language.tree import Apply, Binary, Expression, Negative, Number, Sum, Variable
from agentgym.environments.json_math.steps import jumps

# Enough neighbours that no polynomial or rational function short enough to be read fits by chance.
CONSECUTIVE = 30
NEARBY = 200
NEARBY_WITH_SUMS = 60
FARTHEST = 2_000
POINT_WORK = WORK // 20
SMALL_POWER = 4
SMALL = 10**9

# A n + B, as (A, B).
Line = tuple[Fraction, Fraction]


def values_at(text: str, points: Sequence[int], *, sums: bool = False) -> list[Value]:
    """Return the values of an expression in n.

    Raises:
        ExpressionError: it cannot be read, has no value at one of the points, or costs too much.
    """
    run = prepared(parse(text, variables=["n"], sums=sums))
    budget = Budget()
    return [as_value(_value(run, n, budget)) for n in points]


def difference(text: str, gold: str, *, first_n: int, sums: bool) -> str:
    """Return where an expression in n is not gold, or why it has no value there; nothing if it is right.

    It is compared at consecutive n, at n drawn from a seed that is gold itself, which only the verifier knows, at those
    n that the expression singles out: `0^(n - 1234)` at 1,234, and where a step in it lies. Above `NEARBY`, and at
    steps, an n is left out if either side has a value that costs too much to compute, as (2n)! has.

    Raises:
        ExpressionError: gold cannot be read or has no value.
    """
    gold_at = _values_of_gold(gold, first_n, sums)
    try:
        found = parse(text, variables=["n"], sums=sums)
        near, far = points(gold, found, first_n=first_n, sums=sums)
    except ExpressionError as error:
        return str(error)
    if found == _tree_of_gold(gold, sums):
        return ""
    return _first_difference(prepared(found), _expected(gold_at, [*near, *far], gold, sums), frozenset(far))


def _expected(
    gold_at: Mapping[int, Exact], wanted: Iterable[int], gold: str, sums: bool
) -> Iterator[tuple[int, Exact]]:
    """Yield gold's values, those first that are known already; the others are computed only if it comes to that."""
    yield from gold_at.items()
    for n in wanted:
        if n not in gold_at and (value := _named_value_of_gold(gold, sums, n)) is not None:
            yield n, value


@lru_cache(maxsize=64)
def _tree_of_gold(gold: str, sums: bool) -> Expression:
    return parse(gold, variables=["n"], sums=sums)


@lru_cache(maxsize=64)
def _run_of_gold(gold: str, sums: bool) -> Run:
    return prepared(_tree_of_gold(gold, sums))


@lru_cache(maxsize=64)
def _values_of_gold(gold: str, first_n: int, sums: bool) -> dict[int, Exact]:
    """Return gold's values at the n that follow from it; several answers to one task are often judged in a row."""
    near, far = _drawn(gold, first_n, sums)
    run = _run_of_gold(gold, sums)
    values = {n: _value(run, n, Budget()) for n in near}
    return values | {n: value for n in far if (value := _affordable(run, n)) is not None}


@lru_cache(maxsize=512)
def _named_value_of_gold(gold: str, sums: bool, n: int) -> Exact | None:
    """Return gold's value at an n that an answer singles out, if it costs no more than one point may."""
    return _affordable(_run_of_gold(gold, sums), n)


def _affordable(run: Run, n: int) -> Exact | None:
    try:
        return _value(run, n, Budget(POINT_WORK))
    except CostError:
        return None


def _first_difference(found: Run, expected: Iterable[tuple[int, Exact]], far: Container[int]) -> str:
    """Return where an expression has another value, or none, or one near that costs too much; nothing if nowhere."""
    budget = Budget()
    for n, value in expected:
        try:
            if n in far:
                _compare_far(found, n, value, budget)
            else:
                _compare(found, n, value, budget)
        except ExpressionError as error:
            return str(error)
    return ""


def _compare(found: Run, n: int, expected: Exact, budget: Budget) -> None:
    if not agree(_value(found, n, budget), expected, budget):
        raise ExpressionError(f"wrong at n = {n}")


def _compare_far(found: Run, n: int, expected: Exact, budget: Budget) -> None:
    """Compare at one n, but skip it if that takes more than one point may."""
    share = Budget(POINT_WORK)
    with suppress(CostError):
        _compare(found, n, expected, share)
    budget.spend(POINT_WORK - max(share.left, 0))


def _value(run: Run, n: int, budget: Budget) -> Exact:
    try:
        return run({"n": (n, 1)}, budget)
    except ExpressionError as error:
        raise type(error)(f"at n = {n}: {error}") from None


def points(gold: str, found: Expression, *, first_n: int, sums: bool) -> tuple[list[int], list[int]]:
    """Return the n at which an expression needs a value, and those at which it may be too costly."""
    near, far = _drawn(gold, first_n, sums)
    start, nearby, end = near[0] + CONSECUTIVE, _end_of_near(first_n, sums), first_n + FARTHEST
    named = [n for n in singled_out(found) if start <= n <= end and n not in near and n not in far]
    drawn = {*near, *far, *named}
    stepped = [n for n in jumps(found, start - 1, end) if n not in drawn]
    return [*near, *(n for n in named if n < nearby)], [*far, *(n for n in named if n >= nearby), *stepped]


def _drawn(gold: str, first_n: int, sums: bool) -> tuple[list[int], list[int]]:
    """Return the n that follow from gold, those near and those far out."""
    rng = Random(gold)
    start, nearby = first_n + CONSECUTIVE, _end_of_near(first_n, sums)
    middle, end = first_n + FARTHEST // 2, first_n + FARTHEST
    far = [*rng.sample(range(nearby, middle), 4), *rng.sample(range(middle, end), 2)]
    return [*range(first_n, start), *rng.sample(range(start, nearby), 6)], far


def _end_of_near(first_n: int, sums: bool) -> int:
    return first_n + (NEARBY_WITH_SUMS if sums else NEARBY)


def singled_out(tree: Expression) -> list[int]:
    """Return the integers that an expression holds, and the n at which a linear expression in it is 0 or 1."""
    lines: list[Line] = []
    _collect_lines(tree, lines)
    found: dict[int, None] = {}
    for slope, constant in lines:
        roots = [-constant / slope, (1 - constant) / slope] if slope else [constant]
        found |= {root.numerator + step: None for root in roots if root.denominator == 1 for step in (0, 1)}
    return list(found)


def _collect_lines(tree: Expression, lines: list[Line]) -> Line | None:
    """Add every A n + B below and at this place to `lines`, and return the one at this place, if there is one."""
    line: Line | None = None
    match tree:
        case Number(value):
            line = (Fraction(0), value)
        case Variable("n"):
            line = (Fraction(1), Fraction(0))
        case Negative(operand):
            if inner := _collect_lines(operand, lines):
                line = (-inner[0], -inner[1])
        case Binary(operator, left, right):
            sides = _collect_lines(left, lines), _collect_lines(right, lines)
            if sides[0] and sides[1]:
                line = _join(operator, sides[0], sides[1])
        case Apply(_, arguments):
            for argument in arguments:
                _collect_lines(argument, lines)
        case Sum(body, _, first, last):
            for part in (body, first, last):
                _collect_lines(part, lines)
    if line is None or max(abs(line[0]), abs(line[1])) > SMALL:
        return None
    lines.append(line)
    return line


def _join(operator: str, left: Line, right: Line) -> Line | None:
    (a, b), (c, d) = left, right
    match operator:
        case "+":
            return a + c, b + d
        case "-":
            return a - c, b - d
        case "*" if not (a and c):
            return a * d + c * b, b * d
        case "/" if d and not c:
            return a / d, b / d
        case "^" if not (a or c) and 0 <= d <= SMALL_POWER and d.denominator == 1:
            return Fraction(0), b**d.numerator
    return None
