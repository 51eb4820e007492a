"""Moves, one letter each, and their short notation: `RRRD` is `R3 D`."""

import re
from itertools import groupby

from .errors import MazeError
from .grid import Position

MOVES = {"D": (1, 0), "L": (0, -1), "R": (0, 1), "U": (-1, 0)}
RUN = re.compile(r"([DLRU])([1-9][0-9]?)?")


def step(position: Position, move: str) -> Position:
    """Return the position to which a move leads."""
    rows, columns = MOVES[move]
    return position[0] + rows, position[1] + columns


def shorten(path: str) -> str:
    """Return moves in short notation: each run as its letter, and its length if that is not 1."""
    runs = [(move, len(list(run))) for move, run in groupby(path)]
    return " ".join(move if length == 1 else f"{move}{length}" for move, length in runs)


def lengthen(short: str) -> str:
    """Return the moves of a short notation, one letter each.

    Raises:
        MazeError: a run is not a letter of D, L, R and U, with a number from 1 to 99 behind it or none.
    """
    path = ""
    for run in short.split():
        found = RUN.fullmatch(run)
        if not found:
            raise MazeError(f"{run!r} is not a run of moves")
        path += found[1] * int(found[2] or 1)
    return path
