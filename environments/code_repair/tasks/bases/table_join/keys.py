"""Keys: what must be equal for two rows to belong together."""

from collections.abc import Sequence

from .table import Cell, Key, Table


def key_of(row: Sequence[Cell], positions: Sequence[int]) -> Key | None:
    """Return the key of a row, or None if one of its cells is None: such a row belongs to no other.

    Texts that differ only in case and in white space around them are equal.
    """
    cells = [row[position] for position in positions]
    if any(cell is None for cell in cells):
        return None
    return tuple(cell.strip().casefold() if isinstance(cell, str) else cell for cell in cells)


class Index:
    """The rows of a table by their keys."""

    def __init__(self, table: Table, positions: Sequence[int]) -> None:
        self._numbers: dict[Key, list[int]] = {}
        for number, row in enumerate(table.rows):
            key = key_of(row, positions)
            if key is not None:
                self._numbers.setdefault(key, []).append(number)

    def find(self, key: Key | None) -> list[int]:
        """Return the numbers of the rows that have a key, in order."""
        return list(self._numbers.get(key, [])) if key is not None else []
