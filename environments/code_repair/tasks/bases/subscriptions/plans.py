"""What there is to subscribe to."""

PLANS = {"basic": 900, "plus": 1900, "team": 4900}


class UnknownPlan(KeyError):
    """A plan that is not on offer."""


def monthly_price(plan: str) -> int:
    """Return what a plan costs a month, in cents.

    Raises:
        UnknownPlan: it is not on offer.
    """
    try:
        return PLANS[plan]
    except KeyError:
        raise UnknownPlan(plan) from None


def prorated(cents: int, days: int, of_days: int) -> int:
    """Return the part of an amount for so many days of so many, rounded to the nearest cent, half a cent up."""
    return (2 * cents * days + of_days) // (2 * of_days)
