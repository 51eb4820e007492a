"""Amounts of money as decimals with two places."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
PER_CENT = Decimal(100)


def rounded(amount: Decimal) -> Decimal:
    """Return the amount in whole cents; half a cent counts as one."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def share(amount: Decimal, percent: int) -> Decimal:
    """Return so many percent of an amount, in whole cents."""
    return rounded(amount * percent / PER_CENT)
