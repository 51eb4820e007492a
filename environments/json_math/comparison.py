"""Whether two closed forms in n are the same: by their exact values at many n, some of which nobody can foresee."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from random import Random

from agentgym.environments.json_math.language import Budget, CostError, ExpressionError, evaluate, parse, same
from agentgym.environments.json_math.language.budget import WORK
from agentgym.environments.json_math.language.field import Value
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
    tree = parse(text, variables=["n"], sums=sums)
    budget = Budget()
    return [_value(tree, n, budget) for n in points]


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
    named = [n for n in (*near, *far) if n not in gold_at]
    expected = gold_at | _affordable(gold, named, skipped=named, sums=sums)
    budget = Budget()
    try:
        for n, value in expected.items():
            _compare(found, n, value, budget, may_skip=n in far)
    except ExpressionError as error:
        return str(error)
    return ""


@lru_cache(maxsize=64)
def _values_of_gold(gold: str, first_n: int, sums: bool) -> dict[int, Value]:
    """Return gold's values at the n that follow from it; several answers to one task are often judged in a row."""
    near, far = _drawn(gold, first_n, sums)
    return _affordable(gold, [*near, *far], skipped=far, sums=sums)


def _affordable(gold: str, wanted: Sequence[int], *, skipped: Sequence[int], sums: bool) -> dict[int, Value]:
    """Return gold's values at the n wanted, but for those that may be skipped and cost too much."""
    tree = parse(gold, variables=["n"], sums=sums)
    values: dict[int, Value] = {}
    for n in wanted:
        try:
            values[n] = _value(tree, n, Budget(POINT_WORK) if n in skipped else Budget())
        except CostError:
            if n not in skipped:
                raise
    return values


def _compare(found: Expression, n: int, expected: Value, budget: Budget, *, may_skip: bool) -> None:
    """Refuse an expression that has another value at n, or none, or one that costs too much and may not be skipped."""
    share = Budget(POINT_WORK) if may_skip else budget
    try:
        if not same(_value(found, n, share), expected, share):
            raise ExpressionError(f"wrong at n = {n}")
    except CostError:
        if not may_skip:
            raise
    if may_skip:
        budget.spend(POINT_WORK - max(share.left, 0))


def _value(tree: Expression, n: int, budget: Budget) -> Value:
    try:
        return evaluate(tree, {"n": n}, budget)
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
