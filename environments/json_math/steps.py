"""Where the steps of a closed form in n lie: n at which a part that has been constant jumps.

A floor, a power of 0, a binomial coefficient and a sum can be the same at every n that is tried and another at one that
is not, as `0^((n^2 - 10^6)^2)` is at 1,000. What decides on the step is evaluated alone at each n, which costs little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache, partial
from itertools import islice
from math import ceil, floor
from typing import NamedTuple

from agentgym.environments.json_math.language import Budget, CostError, ExpressionError, Value, evaluate
from agentgym.environments.json_math.language.budget import STEP, WORK
from agentgym.environments.json_math.language.evaluate import Run, as_value, prepared
from agentgym.environments.json_math.language.tree import Apply, Binary, Expression, Negative, Sum, Variable

SCAN_WORK = WORK // 4
MAX_JUMPS = 6
# So many n before the first at which a jump counts have to be alike: `floor(n/2)` jumps at once.
SETTLED = 15


class Step(NamedTuple):
    """A part of an expression whose value jumps.

    Attributes:
        kind: "floor", "ceil", "power", "binomial" or "sum".
        deciding: the values on which it depends whether it jumps.
    """

    kind: str
    deciding: Sequence[Expression]


def jumps(tree: Expression, settled: int, last: int) -> list[int]:
    """Return a few n, after `settled` and up to `last`, at which a part jumps that is constant just before `settled`.

    Parts that hold the index of a sum are left out, and so are those for which the budget is too small.
    """
    budget = Budget(SCAN_WORK)
    found: dict[int, None] = {}
    for step in dict.fromkeys(_steps(tree)):
        try:
            found |= dict.fromkeys(islice(_jumps(step, settled, last, budget), MAX_JUMPS - len(found)))
        except ExpressionError:
            continue
    return list(found)


def _jumps(step: Step, settled: int, last: int, budget: Budget) -> Iterator[int]:
    at = cache(partial(_level, step.kind, [prepared(part) for part in step.deciding], budget))
    if step.kind == "power" and not _names(step.deciding[0]) and at(0) == 0:
        return
    if any(at(n) != at(settled) for n in range(max(0, settled - SETTLED), settled)):
        return
    yield from (n for n in _places(step, settled, last, budget) if at(n) != at(n - 1))


def _places(step: Step, settled: int, last: int, budget: Budget) -> Sequence[int]:
    """Return the n at which there may be a jump: few, if all depends on the signs of linear expressions."""
    everywhere = range(settled + 1, last + 1)
    if step.kind in ("floor", "ceil") or not all(_degree(part) in (0, 1) for part in step.deciding):
        return everywhere
    first, second = ([evaluate(part, {"n": n}, budget) for part in step.deciding] for n in (0, 1))
    pairs = zip(first, second, strict=True)
    lines = [(b - a, a) for a, b in pairs if isinstance(a, Fraction) and isinstance(b, Fraction)]
    if len(lines) < len(first):
        return everywhere
    lines += [(lines[0][0] - lines[-1][0], lines[0][1] - lines[-1][1])]
    roots = [floor(-constant / slope) for slope, constant in lines if slope]
    return sorted({n for root in roots for n in (root, root + 1, root + 2) if n in everywhere})


def _degree(tree: Expression) -> int | None:
    """Return 0 for a constant, 1 for what is surely linear in n, and nothing for the rest."""
    if not _names(tree):
        return 0
    match tree:
        case Variable():
            return 1
        case Negative(operand):
            return _degree(operand)
        case Binary("+" | "-", left, right) if _degree(left) is not None and _degree(right) is not None:
            return 1
        case Binary("*", left, right) if not _names(left) or not _names(right):
            return _degree(right if not _names(left) else left)
        case Binary("/", left, right) if not _names(right):
            return _degree(left)
    return None


def _level(kind: str, deciding: Sequence[Run], budget: Budget, n: int) -> int | None:
    """Return what a part's jumps show in, or None where it has no value."""
    budget.spend(2 * STEP)
    try:
        return _class(kind, [as_value(run({"n": (n, 1)}, budget)) for run in deciding])
    except CostError:
        raise
    except ExpressionError:
        return None


def _class(kind: str, values: Sequence[Value]) -> int | None:
    numbers = [value for value in values if isinstance(value, Fraction)]
    if len(numbers) < len(values):
        return None
    match kind:
        case "floor":
            return floor(numbers[0])
        case "ceil":
            return ceil(numbers[0])
        case "power":
            return 0 if numbers[0] else 1 if numbers[1] else 2
        case "binomial":
            return int(numbers[1] < 0 or 0 <= numbers[0] < numbers[1])
        case _:
            return int(numbers[0] > numbers[1])


def _steps(tree: Expression) -> Iterator[Step]:
    """Yield the parts that may jump, inner ones first; those that hold the index of a sum are left out."""
    match tree:
        case Negative(operand):
            yield from _steps(operand)
        case Binary(operator, left, right):
            yield from _steps(left)
            yield from _steps(right)
            if operator == "^" and _names(right):
                yield from _if_in_n(Step("power", (left, right)))
        case Apply(function, arguments):
            for argument in arguments:
                yield from _steps(argument)
            if function in ("floor", "ceil", "binomial"):
                yield from _if_in_n(Step(function, arguments))
        case Sum(body, _, first, last):
            for part in (body, first, last):
                yield from _steps(part)
            yield from _if_in_n(Step("sum", (first, last)))


def _if_in_n(step: Step) -> Iterator[Step]:
    if set().union(*(_names(part) for part in step.deciding)) == {"n"}:
        yield step


def _names(tree: Expression) -> set[str]:
    """Return the variables that have to be given for an expression to have a value."""
    match tree:
        case Variable(name):
            return {name}
        case Negative(operand):
            return _names(operand)
        case Binary(_, left, right):
            return _names(left) | _names(right)
        case Apply(_, arguments):
            return set().union(*(_names(argument) for argument in arguments))
        case Sum(body, index, first, last):
            return (_names(body) - {index}) | _names(first) | _names(last)
    return set()
