"""Choosing seats for a party."""

from .hall import Hall
from .labels import Seat


def side_by_side(hall: Hall, size: int) -> list[Seat] | None:
    """Return adjacent seats for so many, or None.

    They are the first seats of the block that is left with the fewest; of equal ones the first counts.
    """
    fitting = [block for block in hall.blocks() if len(block) >= size]
    if not fitting:
        return None
    return min(fitting, key=len)[:size]


def scattered(hall: Hall, size: int) -> list[Seat] | None:
    """Return seats for so many in as few blocks as can be, or None.

    The largest blocks are filled first, of equal ones the first.
    """
    seats: list[Seat] = []
    for block in sorted(hall.blocks(), key=len, reverse=True):
        seats += block[: size - len(seats)]
        if len(seats) == size:
            return seats
    return None
