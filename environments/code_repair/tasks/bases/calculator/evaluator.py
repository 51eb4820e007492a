"""Values of expressions, calculated exactly."""

import math
import operator
from collections.abc import Callable
from fractions import Fraction

from .formatter import MAX_DECIMALS, rounded
from .parser import Node

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
    """Return a number rounded to a whole number of decimals."""
    if decimals.denominator != 1 or not 0 <= decimals <= MAX_DECIMALS:
        raise EvaluationError(f"a number has 0 to {MAX_DECIMALS} decimals")
    return rounded(value, int(decimals))


FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": power,
    "abs": lambda value: abs(value),
    "floor": lambda value: Fraction(math.floor(value)),
    "max": lambda *values: max(values),
    "mean": lambda *values: sum(values, Fraction(0)) / len(values),
    "min": lambda *values: min(values),
    "round": round_to,
}


def evaluate(node: Node, variables: dict[str, Fraction]) -> Fraction:
    """Return the value of an expression, its parts evaluated from left to right.

    Raises:
        UnknownNameError: a variable or function does not exist.
        EvaluationError: a division by zero, wrong arguments, or a part with a value that is larger than `MAX_SIZE`.
    """
    if node.kind == "number":
        value = Fraction(node.text)
    elif node.kind == "negation":
        value = -evaluate(node.parts[0], variables)
    elif node.kind == "name":
        if node.text not in variables:
            raise UnknownNameError(f"there is no variable {node.text}")
        value = variables[node.text]
    else:
        value = apply(node.text, [evaluate(part, variables) for part in node.parts])
    if abs(value) > MAX_SIZE:
        raise EvaluationError("the value is too large")
    return value


def apply(name: str, arguments: list[Fraction]) -> Fraction:
    """Return the value of a function or operator."""
    if name not in FUNCTIONS:
        raise UnknownNameError(f"there is no function {name}")
    try:
        return FUNCTIONS[name](*arguments)
    except ZeroDivisionError:
        raise EvaluationError("division by zero") from None
    except TypeError:
        raise EvaluationError(f"{name} takes another number of arguments") from None
