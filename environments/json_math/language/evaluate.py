"""The exact value of an expression, at a bounded cost.

Every operation is refused before it could make a number of more than `MAX_BITS` bits or a polynomial of more than
`MAX_TERMS` terms, and pays for what it handles out of a `Budget`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from agentgym.environments.json_math.language import field
from agentgym.environments.json_math.language.budget import STEP, Budget
from agentgym.environments.json_math.language.errors import CostError
from agentgym.environments.json_math.language.field import Value
from agentgym.environments.json_math.language.functions import apply_function, integer
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


def evaluate(expression: Expression, bindings: Mapping[str, int], budget: Budget) -> Value:
    """Return the value of an expression: a `Fraction` if it is rational, else a `Ratio`.

    Raises:
        ExpressionError: it has none there (division by zero, an argument outside a function's domain), or it would cost
            too much.
    """
    match expression:
        case Number(value):
            return budget.paid(value)
        case Variable(name):
            return Fraction(bindings[name])
        case Constant(name):
            return field.symbol(name)
        case Negative(operand):
            return field.negative(evaluate(operand, bindings, budget))
        case Binary(operator, left, right):
            return _join(operator, evaluate(left, bindings, budget), evaluate(right, bindings, budget), budget)
        case Apply(function, arguments):
            return apply_function(function, [evaluate(a, bindings, budget) for a in arguments], budget)
        case Sum():
            return _sum(expression, bindings, budget)


def _join(operator: str, left: Value, right: Value, budget: Budget) -> Value:
    match operator:
        case "+":
            return field.add(left, right, budget)
        case "-":
            return field.add(left, field.negative(right), budget)
        case "*":
            return field.multiply(left, right, budget)
        case "/":
            return field.divide(left, right, budget)
        case _:
            return field.power(left, integer(right, "an exponent"), budget)


def _sum(expression: Sum, bindings: Mapping[str, int], budget: Budget) -> Value:
    """Add up the terms; there are none if the last index lies below the first."""
    first = integer(evaluate(expression.first, bindings, budget), "a bound of a sum")
    last = integer(evaluate(expression.last, bindings, budget), "a bound of a sum")
    if last - first >= MAX_SUM:
        raise CostError(f"a sum has at most {MAX_SUM:,} terms")
    total: Value = Fraction(0)
    for index in range(first, last + 1):
        budget.spend(STEP)
        total = field.add(total, evaluate(expression.body, {**bindings, expression.index: index}, budget), budget)
    return total
