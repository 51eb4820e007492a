"""What seats cost."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from .labels import Seat

FRONT_ROWS = 2
FRONT_PRICE = 1850
BACK_PRICE = 1225
GROUP_SIZE = 4
GROUP_RATE = Decimal("0.85")


def bill(seats: Sequence[Seat]) -> int:
    """Return the price of seats in cents; groups pay less, rounded half up to a cent."""
    total = sum(FRONT_PRICE if row < FRONT_ROWS else BACK_PRICE for row, _ in seats)
    if len(seats) < GROUP_SIZE:
        return total
    return int((total * GROUP_RATE).quantize(Decimal(1), rounding=ROUND_HALF_UP))
