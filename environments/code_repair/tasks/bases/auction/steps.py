"""How much more a bid has to be."""

from bisect import bisect_right

LIMITS = (0, 5_000, 20_000, 100_000)
STEPS = (50, 250, 1_000, 5_000)


def step(price: int) -> int:
    """Return the smallest raise at a price; each step holds from its limit on."""
    return STEPS[bisect_right(LIMITS, price) - 1]


def capped_raise(price: int, limit: int) -> int:
    """Return the price one step higher, but no more than the limit."""
    return min(price + step(price), limit)
