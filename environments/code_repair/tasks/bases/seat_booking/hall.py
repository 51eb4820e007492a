"""The hall: its seats, and who has them."""

from collections.abc import Iterable, Iterator

from .errors import HallError
from .labels import MOST_ROWS, Seat

SEAT = "o"
AISLE = "_"
BROKEN = "x"
TAKEN = "#"


def numbered(row: str) -> list[int | None]:
    """Return the number of the seat at each place of a row, None where nobody can sit.

    Broken seats count, aisles do not.
    """
    numbers: list[int | None] = []
    count = 0
    for mark in row:
        if mark != AISLE:
            count += 1
        numbers.append(count if mark == SEAT else None)
    return numbers


class Hall:
    """A hall whose seats are taken one after another.

    Attributes:
        rows: how it looks when empty, front row first.
        owners: the name of whoever has a seat.
    """

    def __init__(self, rows: list[str]) -> None:
        if len(rows) > MOST_ROWS or any(set(row) - {SEAT, AISLE, BROKEN} for row in rows):
            raise HallError(f"a hall has at most {MOST_ROWS} rows of {SEAT}, {AISLE} and {BROKEN}")
        self.rows = rows
        self.owners: dict[Seat, str] = {}
        self._numbers = [numbered(row) for row in rows]

    def has(self, seat: Seat) -> bool:
        """Tell whether there is such a seat, free or not."""
        row, number = seat
        return row < len(self._numbers) and number in self._numbers[row]

    def blocks(self) -> list[list[Seat]]:
        """Return all free seats in groups of adjacent ones, from the front, and from the left in each row."""
        blocks: list[list[Seat]] = []
        for row, numbers in enumerate(self._numbers):
            block: list[Seat] = []
            for number in [*numbers, None]:
                if number is not None and (row, number) not in self.owners:
                    block.append((row, number))
                elif block:
                    blocks.append(block)
                    block = []
        return blocks

    def take(self, seats: Iterable[Seat], name: str) -> None:
        """Give seats to somebody."""
        self.owners.update(dict.fromkeys(seats, name))

    def leave(self, name: str) -> int:
        """Free all seats of somebody, and return how many those were."""
        seats = self.seats_of(name)
        for seat in seats:
            del self.owners[seat]
        return len(seats)

    def seats_of(self, name: str) -> list[Seat]:
        """Return the seats that somebody has, in order."""
        return sorted(seat for seat, owner in self.owners.items() if owner == name)

    def plan(self) -> list[str]:
        """Return the rows with a mark on each seat that is taken."""
        return ["".join(self._marks(row)) for row in range(len(self.rows))]

    def _marks(self, row: int) -> Iterator[str]:
        for mark, number in zip(self.rows[row], self._numbers[row], strict=True):
            yield TAKEN if (row, number) in self.owners else mark
