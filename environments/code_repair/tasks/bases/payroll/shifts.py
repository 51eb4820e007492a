"""Shifts such as `ann mon 08:00-16:30`, and the minutes in them."""

import re
from dataclasses import dataclass
from itertools import pairwise

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
NIGHT_BEGINS = 22 * 60
NIGHT_ENDS = 6 * 60
BREAK_AFTER = 6 * 60
BREAK_MINUTES = 30

SHIFT = re.compile(r"(\w+) (\w{3}) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class ShiftError(ValueError):
    """A shift that cannot have been worked."""


@dataclass(frozen=True, order=True)
class Shift:
    """When somebody worked, in minutes from the beginning of the week; `end` may lie in the next one."""

    start: int
    end: int
    name: str

    @property
    def paid(self) -> int:
        """The minutes that are paid: all of them, less a break in a shift of more than six hours."""
        length = self.end - self.start
        return length - BREAK_MINUTES if length > BREAK_AFTER else length

    @property
    def night(self) -> int:
        """The minutes from 22:00 to 06:00, breaks included."""
        minutes = 0
        first_day = self.start // DAY_MINUTES
        for day in range(first_day - 1, first_day + 2):
            begins = day * DAY_MINUTES + NIGHT_BEGINS
            ends = (day + 1) * DAY_MINUTES + NIGHT_ENDS
            minutes += max(0, min(self.end, ends) - max(self.start, begins))
        return minutes


def read_shift(text: str) -> Shift:
    """Return the shift of a text; one that does not end after it starts goes on to the next day.

    Raises:
        ShiftError: the text is no shift.
    """
    found = SHIFT.fullmatch(text)
    if found is None or found[2] not in DAYS:
        raise ShiftError(f"not a shift: {text}")
    midnight = DAYS.index(found[2]) * DAY_MINUTES
    start = midnight + int(found[3]) * 60 + int(found[4])
    end = midnight + int(found[5]) * 60 + int(found[6])
    if end <= start:
        end += DAY_MINUTES
    return Shift(start, end, found[1])


def check_apart(shifts: list[Shift]) -> None:
    """Do nothing if no two shifts overlap; one may begin when another ends.

    Raises:
        ShiftError: two of them do.
    """
    ordered = sorted(shifts)
    for earlier, later in pairwise(ordered):
        if later.start < earlier.end:
            raise ShiftError(f"{later.name} works two shifts at once")
