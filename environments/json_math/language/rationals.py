"""Arithmetic on rational numbers as pairs, several times as fast as on `Fraction`; every result is paid for.

Sums and products take out common divisors before they multiply, as Knuth has it (The Art of Computer Programming,
volume 2, 4.5.1).
"""

from __future__ import annotations

from math import gcd

from agentgym.environments.json_math.language.budget import Budget, check_bits
from agentgym.environments.json_math.language.errors import ExpressionError

# Numerator and denominator in lowest terms, the denominator positive.
Rational = tuple[int, int]


def add(left: Rational, right: Rational, budget: Budget) -> Rational:
    """Return the sum."""
    (a, b), (c, d) = left, right
    if b == d == 1:
        return budget.paid_pair(a + c, 1)
    common = gcd(b, d)
    if common == 1:
        return budget.paid_pair(a * d + b * c, b * d)
    share = b // common
    above = a * (d // common) + c * share
    cancelled = gcd(above, common)
    return budget.paid_pair(above // cancelled, share * (d // cancelled))


def subtract(left: Rational, right: Rational, budget: Budget) -> Rational:
    """Return the difference."""
    return add(left, (-right[0], right[1]), budget)


def multiply(left: Rational, right: Rational, budget: Budget) -> Rational:
    """Return the product."""
    (a, b), (c, d) = left, right
    if b == d == 1:
        return budget.paid_pair(a * c, 1)
    across, back = gcd(a, d), gcd(c, b)
    return budget.paid_pair((a // across) * (c // back), (b // back) * (d // across))


def divide(left: Rational, right: Rational, budget: Budget) -> Rational:
    """Return the quotient.

    Raises:
        ExpressionError: it divides by zero.
    """
    return multiply(left, _inverse(right), budget)


def power(base: Rational, exponent: int, budget: Budget) -> Rational:
    """Return an integer power; 0^0 is 1.

    Raises:
        ExpressionError: it is a negative power of zero.
    """
    if exponent < 0:
        base, exponent = _inverse(base), -exponent
    above, below = base
    if abs(above) > 1 or below > 1:
        check_bits(exponent * max(above.bit_length(), below.bit_length()))
    elif above == -1:
        exponent %= 2
    else:
        exponent = min(exponent, 1)
    return budget.paid_pair(above**exponent, below**exponent)


def _inverse(value: Rational) -> Rational:
    above, below = value
    if not above:
        raise ExpressionError("it divides by zero")
    return (below, above) if above > 0 else (-below, -above)
