"""Tables of plain data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from .errors import JoinError, TableError

Cell = int | float | str | None
Key = tuple[Cell, ...]


class PlainTable(TypedDict):
    """A table as plain data: the names of its columns, and its rows."""

    columns: list[str]
    rows: list[list[Cell]]


@dataclass(frozen=True)
class Table:
    """Columns by name, and rows that have a cell for each.

    Attributes:
        columns: their names; no two are the same.
        rows: as many cells each as there are columns.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def __post_init__(self) -> None:
        """Refuse columns of the same name and rows of another length."""
        if len(set(self.columns)) < len(self.columns):
            raise TableError("two columns have the same name")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise TableError(f"row {number} has {len(row)} cells")

    def positions(self, names: Sequence[str]) -> list[int]:
        """Return where columns stand.

        Raises:
            JoinError: there is no such column.
        """
        places = {name: position for position, name in enumerate(self.columns)}
        missing = [name for name in names if name not in places]
        if missing:
            raise JoinError(f"no column {missing[0]}")
        return [places[name] for name in names]


def read_table(plain: PlainTable) -> Table:
    """Return the table that is given as plain `columns` and `rows`."""
    return Table(list(plain["columns"]), [list(row) for row in plain["rows"]])
