"""Values of expressions to fifty digits: a second opinion that shares nothing with the exact evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import lru_cache

from agentgym.environments.json_math.expression import Apply, Binary, Expression, Negative, Number, Variable

DIGITS = 50
MAX_ARGUMENT = 2_000
# What overflows is undefined, so that no infinity is ever compared.
CONTEXT = Context(prec=DIGITS, Emax=5_000, Emin=-5_000, traps=[Overflow, DivisionByZero, InvalidOperation])
SAME, DIFFERENT = Decimal("1e-30"), Decimal("1e-20")
ONE = Decimal(1)

Values = tuple[Decimal | None, ...]


class Undefined(ArithmeticError):
    """There is no value, or none that is computed here."""


@lru_cache(maxsize=512)
def values(tree: Expression, points: tuple[int, ...]) -> Values:
    """Return the values of an expression in n; None where it has none."""
    return tuple(_value_or_none(tree, n) for n in points)


def agree(left: Values, right: Values) -> bool:
    """Tell whether all values are there and the same."""
    return all(a is not None and b is not None and _gap(a, b) < SAME for a, b in zip(left, right, strict=True))


def differ(left: Values, right: Values) -> bool:
    """Tell whether two values are there and surely not the same."""
    return any(a is not None and b is not None and _gap(a, b) > DIFFERENT for a, b in zip(left, right, strict=True))


def _gap(left: Decimal, right: Decimal) -> Decimal:
    """Return the difference relative to the larger one, or to 1 where both are smaller."""
    with localcontext(CONTEXT):
        return abs(left - right) / max(abs(left), abs(right), ONE)


def _value_or_none(tree: Expression, n: int) -> Decimal | None:
    with localcontext(CONTEXT):
        try:
            return _value(tree, n)
        except (Undefined, DecimalException):
            return None


def _value(tree: Expression, n: int) -> Decimal:
    match tree:
        case Number(value):
            return Decimal(value.numerator) / Decimal(value.denominator)
        case Variable():
            return Decimal(n)
        case Negative(operand):
            return -_value(operand, n)
        case Binary(operator, left, right):
            return _joined(operator, _value(left, n), _value(right, n))
        case Apply(function, arguments):
            return _applied(function, [_value(argument, n) for argument in arguments])
    raise Undefined


def _joined(operator: str, left: Decimal, right: Decimal) -> Decimal:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case _:
            exponent = _whole(right, least=-MAX_ARGUMENT)
            return ONE if exponent == 0 else left**exponent


def _applied(function: str, arguments: Sequence[Decimal]) -> Decimal:
    first = _whole(arguments[0])
    match function:
        case "factorial":
            return _product(1, first)
        case "binomial":
            second = _whole(arguments[1], least=-MAX_ARGUMENT)
            if not 0 <= second <= first:
                return Decimal(0)
            return _product(first - second + 1, first) / _product(1, second)
        case "harmonic":
            order = _whole(arguments[1], least=1) if len(arguments) > 1 else 1
            return sum((ONE / Decimal(k) ** order for k in range(1, first + 1)), Decimal(0))
    raise Undefined


def _product(first: int, last: int) -> Decimal:
    found = ONE
    for factor in range(first, last + 1):
        found *= factor
    return found


def _whole(value: Decimal, *, least: int = 0) -> int:
    """Return an argument as an integer; one that rounding has moved by less than anyone could mean is taken for it."""
    whole = value.to_integral_value()
    if abs(value - whole) > DIFFERENT or not least <= whole <= MAX_ARGUMENT:
        raise Undefined
    return int(whole)
