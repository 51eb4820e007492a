"""The exact value of an expression, at a bounded cost.

Every operation is refused before it could make a number of more than `MAX_BITS` bits or a polynomial of more than
`MAX_TERMS` terms, and pays for what it handles out of a `Budget`.

A tree is turned into nested functions once and then run for each n. What holds no variable is computed once, and paid
for each time as if it were computed anew, so that a cost does not depend on what ran before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from agentgym.environments.json_math.language import field, rationals
from agentgym.environments.json_math.language.budget import STEP, Budget
from agentgym.environments.json_math.language.errors import CostError
from agentgym.environments.json_math.language.field import Ratio, Value
from agentgym.environments.json_math.language.functions import WHOLE, apply_function, integer
from agentgym.environments.json_math.language.rationals import Rational
from agentgym.environments.json_math.language.tree import (
    Apply,
    Binary,
    Constant,
    Expression,
    Negative,
    Number,
    Sum,
    Variable,
)

MAX_SUM = 5_000

Exact = Rational | Ratio
Run = Callable[[dict[str, Rational], Budget], Exact]


class Code(NamedTuple):
    """A part of an expression, ready to be run.

    Attributes:
        run: returns its value, given those of the variables.
        free: the variables that it depends on.
    """

    run: Run
    free: frozenset[str] = frozenset()


def evaluate(expression: Expression, bindings: Mapping[str, int], budget: Budget) -> Value:
    """Return the value of an expression: a `Fraction` if it is rational, else a `Ratio`.

    Raises:
        ExpressionError: it has none there (division by zero, an argument outside a function's domain), or it would cost
            too much.
    """
    return as_value(prepared(expression)({name: (value, 1) for name, value in bindings.items()}, budget))


def prepared(expression: Expression) -> Run:
    """Return a function that gives the value of an expression, as `evaluate` does, for many values of its variables."""
    code = _code(expression)
    return code.run if code.free else _once(code.run)


def agree(left: Exact, right: Exact, budget: Budget) -> bool:
    """Tell whether two values are the same number; `field.same` says what it raises."""
    if isinstance(left, Ratio) and isinstance(right, Ratio):
        return field.same(left, right, budget)
    return left == right


def as_value(exact: Exact) -> Value:
    """Return a value with a pair as a `Fraction`."""
    return Fraction(*exact) if isinstance(exact, tuple) else exact


def _exact(value: Value) -> Exact:
    return (value.numerator, value.denominator) if isinstance(value, Fraction) else value


def _code(tree: Expression) -> Code:
    match tree:
        case Number(value):
            pair = (value.numerator, value.denominator)
            return Code(lambda at, budget: budget.paid_pair(*pair))
        case Variable(name):
            return Code(lambda at, budget: at[name], frozenset({name}))
        case Constant(name):
            symbol = field.symbol(name)
            return Code(lambda at, budget: symbol)
        case Negative(operand):
            return _negative(_code(operand))
        case Binary(operator, left, right):
            return _joined(OPERATIONS[operator], _code(left), _code(right))
        case Apply(function, arguments):
            return _applied(function, [_code(argument) for argument in arguments])
        case Sum(body, index, first, last):
            return _summed(_code(body), index, _code(first), _code(last))


def _with_once(*parts: Code) -> tuple[frozenset[str], list[Run]]:
    """Return what some parts depend on, and how to run them; those without variables once, if others have some."""
    free = frozenset[str]().union(*(part.free for part in parts))
    return free, [_once(part.run) if free and not part.free else part.run for part in parts]


def _once(run: Run) -> Run:
    kept: list[tuple[Exact, int]] = []

    def run_once(at: dict[str, Rational], budget: Budget) -> Exact:
        if kept:
            value, cost = kept[0]
            budget.spend(cost)
            return value
        before = budget.left
        value = run(at, budget)
        kept.append((value, before - budget.left))
        return value

    return run_once


def _negative(operand: Code) -> Code:
    run = operand.run

    def run_negative(at: dict[str, Rational], budget: Budget) -> Exact:
        value = run(at, budget)
        return (-value[0], value[1]) if isinstance(value, tuple) else _exact(field.negative(value))

    return Code(run_negative, operand.free)


def _joined(operation: Callable[[Exact, Exact, Budget], Exact], first: Code, second: Code) -> Code:
    free, (left, right) = _with_once(first, second)
    return Code(lambda at, budget: operation(left(at, budget), right(at, budget), budget), free)


def _add(left: Exact, right: Exact, budget: Budget) -> Exact:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return rationals.add(left, right, budget)
    return _exact(field.add(as_value(left), as_value(right), budget))


def _subtract(left: Exact, right: Exact, budget: Budget) -> Exact:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return rationals.subtract(left, right, budget)
    return _exact(field.add(as_value(left), field.negative(as_value(right)), budget))


def _multiply(left: Exact, right: Exact, budget: Budget) -> Exact:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return rationals.multiply(left, right, budget)
    return _exact(field.multiply(as_value(left), as_value(right), budget))


def _divide(left: Exact, right: Exact, budget: Budget) -> Exact:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return rationals.divide(left, right, budget)
    return _exact(field.divide(as_value(left), as_value(right), budget))


def _power(base: Exact, exponent: Exact, budget: Budget) -> Exact:
    times = _integer(exponent, "an exponent")
    if isinstance(base, tuple):
        return rationals.power(base, times, budget)
    return _exact(field.power(base, times, budget))


def _integer(value: Exact, what: str) -> int:
    return value[0] if isinstance(value, tuple) and value[1] == 1 else integer(as_value(value), what)


def _applied(name: str, arguments: Sequence[Code]) -> Code:
    free, runs = _with_once(*arguments)
    whole = WHOLE.get(name)

    def run(at: dict[str, Rational], budget: Budget) -> Exact:
        values = [argument(at, budget) for argument in runs]
        if whole and all(isinstance(value, tuple) and value[1] == 1 for value in values):
            budget.spend(STEP)
            return whole([_integer(value, name) for value in values], budget), 1
        return _exact(apply_function(name, [as_value(value) for value in values], budget))

    return Code(run, free)


def _summed(body: Code, index: str, first: Code, last: Code) -> Code:
    """Add up the terms; there are none if the last index lies below the first."""
    term = body.run if body.free else _once(body.run)
    free, (start, stop) = _with_once(first, last)

    def run(at: dict[str, Rational], budget: Budget) -> Exact:
        begin = _integer(start(at, budget), "a bound of a sum")
        end = _integer(stop(at, budget), "a bound of a sum")
        if end - begin >= MAX_SUM:
            raise CostError(f"a sum has at most {MAX_SUM:,} terms")
        total: Exact = (0, 1)
        inside = dict(at)
        for place in range(begin, end + 1):
            budget.spend(STEP)
            inside[index] = (place, 1)
            total = _add(total, term(inside, budget), budget)
        return total

    return Code(run, free | (body.free - {index}))


OPERATIONS: Mapping[str, Callable[[Exact, Exact, Budget], Exact]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "^": _power,
}
