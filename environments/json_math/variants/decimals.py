"""Values of expressions to fifty digits: a second opinion that shares nothing with the exact evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import lru_cache

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

DIGITS = 50
MAX_ARGUMENT = 2_000
# What overflows is undefined, so that no infinity is ever compared.
CONTEXT = Context(prec=DIGITS, Emax=5_000, Emin=-5_000, traps=[Overflow, DivisionByZero, InvalidOperation])
SAME, DIFFERENT = Decimal("1e-30"), Decimal("1e-20")
ONE = Decimal(1)
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
GAMMA = Decimal("0.57721566490153286060651209008240243104215933593992359880577")
# Bernoulli numbers B(2), B(4), ... for the expansions in 1/x, which are used from x = FAR on.
BERNOULLI = tuple(
    Decimal(a) / b
    for a, b in (
        *((1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798)),
        *((-174611, 330), (854513, 138), (-236364091, 2730), (8553103, 6), (-23749461029, 870)),
    )
)
FAR = 120

Values = tuple[Decimal | None, ...]


class Undefined(ArithmeticError):
    """There is no value, or none that is computed here."""


@lru_cache(maxsize=512)
def values(tree: Expression, points: tuple[int, ...]) -> Values:
    """Return the values of an expression in n; None where it has none."""
    return tuple(_value_or_none(tree, {"n": n}) for n in points)


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


def _value_or_none(tree: Expression, names: Mapping[str, int]) -> Decimal | None:
    with localcontext(CONTEXT):
        try:
            value = _value(tree, names)
        except (Undefined, DecimalException):
            return None
    # The logarithm of 0 raises nothing.
    return value if value.is_finite() else None


def _value(tree: Expression, names: Mapping[str, int]) -> Decimal:
    match tree:
        case Number(value):
            return Decimal(value.numerator) / Decimal(value.denominator)
        case Variable(name):
            return Decimal(names[name])
        case Constant(name):
            return PI if name == "pi" else GAMMA
        case Negative(operand):
            return -_value(operand, names)
        case Binary(operator, left, right):
            return _joined(operator, _value(left, names), _value(right, names))
        case Apply(function, arguments):
            return _applied(function, [_value(argument, names) for argument in arguments])
        case Sum(body, index, first, last):
            ends = [_whole(_value(end, names), least=-MAX_ARGUMENT) for end in (first, last)]
            terms = (_value(body, {**names, index: k}) for k in range(ends[0], ends[1] + 1))
            return sum(terms, Decimal(0))


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
    match function:
        case "ln":
            return arguments[0].ln()
        case "floor" | "ceil":
            return _rounded(arguments[0], ROUND_FLOOR if function == "floor" else ROUND_CEILING)
        case "psi":
            return digamma(arguments[0])
        case "harmonic" if len(arguments) == 1 and abs(arguments[0] - arguments[0].to_integral_value()) > DIFFERENT:
            return digamma(arguments[0] + 1) + GAMMA
        case "zeta":
            return hurwitz(_whole(arguments[0], least=2), ONE)
        case "polygamma":
            order = _whole(arguments[0], least=1)
            size = _product(1, order) * hurwitz(order + 1, arguments[1])
            return size if order % 2 else -size
    return _of_integers(function, arguments)


def _rounded(value: Decimal, how: str) -> Decimal:
    """Return an integer; what is one but for rounding is taken for it."""
    near = value.to_integral_value()
    return near if abs(value - near) < DIFFERENT else value.to_integral_value(rounding=how)


def _of_integers(function: str, arguments: Sequence[Decimal]) -> Decimal:
    first = _whole(arguments[0])
    match function:
        case "factorial":
            return _product(1, first)
        case "Gamma":
            return _product(1, first - 1)
        case "binomial":
            second = _whole(arguments[1], least=-MAX_ARGUMENT)
            if not 0 <= second <= first:
                return Decimal(0)
            return _product(first - second + 1, first) / _product(1, second)
        case "harmonic":
            order = _whole(arguments[1], least=1) if len(arguments) > 1 else 1
            return sum((ONE / Decimal(k) ** order for k in range(1, first + 1)), Decimal(0))
    raise Undefined


@lru_cache(maxsize=512)
def digamma(x: Decimal) -> Decimal:
    """Return psi(x) for x > 0, by its recurrence and asymptotic expansion (DLMF 5.5.2 and 5.11.2)."""
    if x <= 0:
        raise Undefined
    total = Decimal(0)
    while x < FAR:
        total -= ONE / x
        x += 1
    series = sum((b / (2 * k * x ** (2 * k)) for k, b in enumerate(BERNOULLI, start=1)), Decimal(0))
    return total + x.ln() - ONE / (2 * x) - series


@lru_cache(maxsize=512)
def hurwitz(s: int, x: Decimal) -> Decimal:
    """Return the sum of 1/(k + x)^s over k >= 0 for s > 1 and x > 0, by Euler and Maclaurin (DLMF 25.11.5)."""
    if x <= 0:
        raise Undefined
    total = Decimal(0)
    while x < FAR:
        total += ONE / x**s
        x += 1
    total += x ** (1 - s) / (s - 1) + x**-s / 2
    rising = Decimal(s)
    for k, b in enumerate(BERNOULLI, start=1):
        total += b / _product(1, 2 * k) * rising * x ** (1 - s - 2 * k)
        rising *= (s + 2 * k - 1) * (s + 2 * k)
    return total


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
