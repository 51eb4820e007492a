"""Exact numbers: fractions of polynomials over Q in pi, gamma, ln 2, ln 3, …, zeta(3), zeta(5), ….

The symbols are taken to be algebraically independent, so two values are equal only if their polynomials say so. Nobody
has proven that they are, but no relation between them is known; if there were one, a right answer could be refused, and
never a wrong one accepted. A value without symbols is a plain `Fraction`, and stays as fast as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from operator import itemgetter

from agentgym.environments.json_math.language.budget import STEP, Budget, check_bits
from agentgym.environments.json_math.language.errors import CostError, ExpressionError

MAX_TERMS = 256
MAX_DEGREE = 10_000

# Symbols and their exponents, by name of the symbol; () is 1.
Monomial = tuple[tuple[str, int], ...]
Polynomial = Mapping[Monomial, Fraction]

ONE: Polynomial = {(): Fraction(1)}


class Ratio:
    """A number that is not rational: one polynomial over another, neither of them zero.

    It is not in lowest terms, so equal numbers may have different polynomials; `==` tells.
    """

    def __init__(self, numerator: Polynomial, denominator: Polynomial = ONE) -> None:
        """Take over two polynomials."""
        self.numerator = numerator
        self.denominator = denominator

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ratio) and same(self, other, Budget())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Ratio({dict(self.numerator)}, {dict(self.denominator)})"


Value = Fraction | Ratio


def symbol(name: str, exponent: int = 1, coefficient: Fraction | int = 1) -> Ratio:
    """Return a multiple, not 0, of a positive power of a symbol."""
    return Ratio({((name, exponent),): Fraction(coefficient)})


def same(left: Value, right: Value, budget: Budget) -> bool:
    """Tell whether two values are the same number.

    Raises:
        CostError: that takes too much arithmetic.
    """
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        return isinstance(left, Fraction) and isinstance(right, Fraction) and left == right
    cross = _times(left.numerator, right.denominator, budget)
    return cross == _times(right.numerator, left.denominator, budget)


def add(left: Value, right: Value, budget: Budget) -> Value:
    """Return the sum."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return budget.paid(left + right)
    a, b = _lifted(left), _lifted(right)
    if a.denominator == b.denominator:
        return _ratio(_plus(a.numerator, b.numerator, budget), a.denominator)
    left_over = _times(a.numerator, b.denominator, budget)
    numerator = _plus(left_over, _times(b.numerator, a.denominator, budget), budget)
    return _ratio(numerator, _times(a.denominator, b.denominator, budget))


def negative(value: Value) -> Value:
    """Return minus a value."""
    if isinstance(value, Fraction):
        return -value
    return Ratio({monomial: -c for monomial, c in value.numerator.items()}, value.denominator)


def multiply(left: Value, right: Value, budget: Budget) -> Value:
    """Return the product."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return budget.paid(left * right)
    a, b = _lifted(left), _lifted(right)
    numerator = _times(a.numerator, b.numerator, budget)
    return _ratio(numerator, _times(a.denominator, b.denominator, budget))


def divide(left: Value, right: Value, budget: Budget) -> Value:
    """Return the quotient.

    Raises:
        ExpressionError: it divides by zero.
    """
    if isinstance(right, Ratio):
        return multiply(left, _ratio(right.denominator, right.numerator), budget)
    if right == 0:
        raise ExpressionError("it divides by zero")
    if isinstance(left, Fraction):
        return budget.paid(left / right)
    return multiply(left, 1 / right, budget)


def power(base: Ratio, exponent: int, budget: Budget) -> Value:
    """Return an integer power.

    Raises:
        CostError: the exponent is too large, or the result.
    """
    if abs(exponent) > MAX_DEGREE:
        raise CostError(f"exponents of numbers that are not rational go up to {MAX_DEGREE:,}")
    result: Value = Fraction(1)
    square: Value = base if exponent >= 0 else _ratio(base.denominator, base.numerator)
    left = abs(exponent)
    while left:
        if left % 2:
            result = multiply(result, square, budget)
        left //= 2
        if left:
            square = multiply(square, square, budget)
    return result


def _lifted(value: Value) -> Ratio:
    if isinstance(value, Ratio):
        return value
    return Ratio({(): value} if value else {})


def _ratio(numerator: Polynomial, denominator: Polynomial) -> Value:
    """Return a quotient in a tidy form: a `Fraction` if it is rational, no common monomial, a leading 1 below."""
    if not numerator:
        return Fraction(0)
    lead = max(denominator)
    scale = denominator[lead]
    if numerator.keys() == denominator.keys():
        share = numerator[lead] / scale
        if all(numerator[monomial] == share * c for monomial, c in denominator.items()):
            return share
    common = _common(numerator, denominator)
    if common or scale != 1:
        numerator = {_without(monomial, common): c / scale for monomial, c in numerator.items()}
        denominator = {_without(monomial, common): c / scale for monomial, c in denominator.items()}
    _check_size(numerator)
    _check_size(denominator)
    return Ratio(numerator, denominator)


def _common(numerator: Polynomial, denominator: Polynomial) -> dict[str, int]:
    """Return the largest monomial that divides every term above and below."""
    if () in numerator or () in denominator:
        return {}
    first, *others = [dict(monomial) for monomial in (*denominator, *numerator)]
    least = {name: min(exponent, *(other.get(name, 0) for other in others)) for name, exponent in first.items()}
    return {name: exponent for name, exponent in least.items() if exponent}


def _without(monomial: Monomial, common: Mapping[str, int]) -> Monomial:
    left = ((name, exponent - common.get(name, 0)) for name, exponent in monomial)
    return tuple((name, exponent) for name, exponent in left if exponent)


def _plus(left: Polynomial, right: Polynomial, budget: Budget) -> Polynomial:
    result = dict(left)
    for monomial, c in right.items():
        _collect(result, monomial, budget.paid(c), budget)
    return result


def _times(left: Polynomial, right: Polynomial, budget: Budget) -> Polynomial:
    if right == ONE:
        return left
    if left == ONE:
        return right
    result: dict[Monomial, Fraction] = {}
    for left_monomial, a in left.items():
        for right_monomial, b in right.items():
            _collect(result, _joined(left_monomial, right_monomial), budget.paid(a * b), budget)
    return result


def _collect(terms: dict[Monomial, Fraction], monomial: Monomial, coefficient: Fraction, budget: Budget) -> None:
    found = terms.get(monomial)
    total = coefficient if found is None else budget.paid(found + coefficient)
    if total:
        terms[monomial] = total
    else:
        terms.pop(monomial, None)
    budget.spend(STEP * (1 + len(monomial)))
    if len(terms) > MAX_TERMS:
        raise CostError(f"it passes through a polynomial of more than {MAX_TERMS} terms in pi, logarithms and the like")


def _joined(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    exponents = dict(left)
    for name, exponent in right:
        exponents[name] = exponents.get(name, 0) + exponent
    if max(exponents.values()) > MAX_DEGREE:
        raise CostError(f"it passes through a power above the {MAX_DEGREE:,}th of pi, a logarithm or the like")
    return tuple(sorted(exponents.items(), key=itemgetter(0)))


def _check_size(polynomial: Polynomial) -> None:
    check_bits(sum(c.numerator.bit_length() + c.denominator.bit_length() for c in polynomial.values()))
