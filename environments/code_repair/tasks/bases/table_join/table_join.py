"""Joining two tables by the values of columns."""

from collections.abc import Sequence

from .errors import JoinError
from .keys import Index, key_of
from .naming import joined_names
from .table import Cell, PlainTable, read_table

KEEPS_LEFT = ("left", "outer")
KEEPS_RIGHT = ("right", "outer")
KINDS = {"inner", "semi", "anti", *KEEPS_LEFT, *KEEPS_RIGHT}


def join(left: PlainTable, right: PlainTable, on: list[list[str]], how: str = "inner") -> PlainTable:
    """Return the rows of two tables that belong together, side by side.

    The result has all columns of the left table and those of the right one that are no keys. Rows are in the order of
    the left table, and for each of its rows in that of the right one; rows of the right table that belong to none come
    last, with their keys in the columns of the left keys. Cells of a row that is missing are None.

    Args:
        left: has `columns` (names) and `rows` (lists of cells).
        right: likewise.
        on: pairs of a column on the left and one on the right; two rows belong together if all pairs are equal.
        how: which rows are kept that belong to none: "inner" none, "left" and "right" those of one table, "outer" all.
            With "semi" and "anti" the result has just the rows of the left table that belong to some, or to none.

    Raises:
        TableError: a table makes no sense.
        JoinError: the kind of join or a column is unknown, there are no pairs, or columns would have the same name.
    """
    if how not in KINDS:
        raise JoinError(f"unknown kind of join {how}")
    if not on:
        raise JoinError("no columns to join on")
    first, second = read_table(left), read_table(right)
    left_keys = first.positions([pair[0] for pair in on])
    right_keys = second.positions([pair[1] for pair in on])
    index = Index(second, right_keys)
    partners = [index.find(key_of(row, left_keys)) for row in first.rows]
    if how in ("semi", "anti"):
        kept = [row for row, numbers in zip(first.rows, partners, strict=True) if bool(numbers) == (how == "semi")]
        return {"columns": list(first.columns), "rows": [list(row) for row in kept]}

    others = [position for position in range(len(second.columns)) if position not in right_keys]
    names = joined_names(first.columns, [second.columns[position] for position in others], [pair[0] for pair in on])
    rows: list[list[Cell]] = []
    for row, numbers in zip(first.rows, partners, strict=True):
        rows += [[*row, *pick(second.rows[number], others)] for number in numbers]
        if not numbers and how in KEEPS_LEFT:
            rows.append([*row, *[None] * len(others)])
    if how in KEEPS_RIGHT:
        found = {number for numbers in partners for number in numbers}
        keys = list(zip(left_keys, right_keys, strict=True))
        rows += [
            [*moved(row, keys, len(first.columns)), *pick(row, others)]
            for number, row in enumerate(second.rows)
            if number not in found
        ]
    return {"columns": names, "rows": rows}


def pick(row: Sequence[Cell], positions: Sequence[int]) -> list[Cell]:
    """Return the cells at positions."""
    return [row[position] for position in positions]


def moved(row: Sequence[Cell], keys: list[tuple[int, int]], width: int) -> list[Cell]:
    """Return cells for the left columns with the keys of a row of the right table, and None elsewhere."""
    cells: list[Cell] = [None] * width
    for target, source in keys:
        cells[target] = row[source]
    return cells
