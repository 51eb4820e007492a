"""Values of expressions, calculated exactly."""

import math
import operator
from collections.abc import Callable
from fractions import Fraction

from .formatter import MAX_DECIMALS, rounded
from .nodes import Application, Binary, Name, Negation, Node, Number

MAX_SIZE = 10**30
MAX_EXPONENT = 64


class EvaluationError(ArithmeticError):
    """An expression has no value."""


class UnknownNameError(EvaluationError):
    """A variable or function does not exist."""


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """Return a power with a whole exponent."""
    if exponent.denominator != 1 or abs(exponent) > MAX_EXPONENT:
        raise EvaluationError("exponents are whole numbers of moderate size")
    return Fraction(base ** int(exponent))


def round_to(value: Fraction, decimals: Fraction = Fraction(0)) -> Fraction:
    """Return a number rounded, halves away from zero."""
    if decimals.denominator != 1 or not 0 <= decimals <= MAX_DECIMALS:
        raise EvaluationError(f"a number has 0 to {MAX_DECIMALS} decimals")
    return rounded(value, int(decimals))


OPERATORS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": power,
}
FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "abs": lambda value: abs(value),
    "floor": lambda value: Fraction(math.floor(value)),
    "max": lambda *values: max(values),
    "mean": lambda *values: sum(values, Fraction(0)) / len(values),
    "min": lambda *values: min(values),
    "round": round_to,
}


def evaluate(node: Node, variables: dict[str, Fraction]) -> Fraction:
    """Return the value of an expression.

    Raises:
        UnknownNameError: a variable or function does not exist.
        EvaluationError: a division by zero, a wrong number of arguments, a power or rounding that is not defined, or a
            value that is larger than `MAX_SIZE`.
    """
    try:
        value = calculate_node(node, variables)
    except ZeroDivisionError:
        raise EvaluationError("division by zero") from None
    if abs(value) > MAX_SIZE:
        raise EvaluationError("the value is too large")
    return value


def calculate_node(node: Node, variables: dict[str, Fraction]) -> Fraction:
    """Return the value of an expression whose parts are evaluated first, from left to right."""
    if isinstance(node, Negation):
        return -evaluate(node.operand, variables)
    if isinstance(node, Binary):
        left = evaluate(node.left, variables)
        return OPERATORS[node.operator](left, evaluate(node.right, variables))
    if isinstance(node, Application):
        if node.function not in FUNCTIONS:
            raise UnknownNameError(f"there is no function {node.function}")
        arguments = [evaluate(argument, variables) for argument in node.arguments]
        try:
            return FUNCTIONS[node.function](*arguments)
        except TypeError:
            raise EvaluationError(f"{node.function} takes another number of arguments") from None
    if isinstance(node, Name):
        if node.name not in variables:
            raise UnknownNameError(f"there is no variable {node.name}")
        return variables[node.name]
    assert isinstance(node, Number)
    return Fraction(node.text)
