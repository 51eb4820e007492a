"""Labels of seats: rows are A to Z from the front, seats within a row are numbered from 1."""

import re
from string import ascii_uppercase

Seat = tuple[int, int]

MOST_ROWS = len(ascii_uppercase)
LABEL = re.compile(r"([A-Z])([1-9][0-9]*)")


def write_seat(seat: Seat) -> str:
    """Return the label of a seat: a row's index, from 0, and a number."""
    row, number = seat
    return f"{ascii_uppercase[row]}{number}"


def read_seat(label: str) -> Seat | None:
    """Return the row's index and the number that a label tells, or None if it is no label."""
    found = LABEL.fullmatch(label)
    return (ascii_uppercase.index(found[1]), int(found[2])) if found else None
