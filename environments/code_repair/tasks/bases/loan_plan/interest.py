"""Interest on a loan."""

from fractions import Fraction
from math import ceil

MONTHS_A_YEAR = 12
BASIS_POINTS = 10_000


def monthly_interest(balance: int, rate: int) -> int:
    """Return a month's interest in cents, rounded to the nearest, half a cent up.

    Args:
        balance: what is owed, in cents.
        rate: a year's interest in basis points; 100 of them are one percent.
    """
    whole = MONTHS_A_YEAR * BASIS_POINTS
    return (2 * balance * rate + whole) // (2 * whole)


def instalment(balance: int, rate: int, months: int) -> int:
    """Return the monthly payment that repays a loan in so many months, rounded up to whole cents.

    It is the same in all months, and each comes at the end of its month.
    """
    if rate == 0:
        return -(-balance // months)
    monthly = Fraction(rate, MONTHS_A_YEAR * BASIS_POINTS)
    growth = (1 + monthly) ** months
    return ceil(balance * monthly * growth / (growth - 1))
