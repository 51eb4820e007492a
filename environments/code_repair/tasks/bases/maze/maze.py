"""Ways through a maze with keys and doors."""

from .grid import Grid
from .moves import lengthen, shorten
from .search import cheapest
from .walker import Walker

MARK = "*"
FLOOR = ".~"


def solve(rows: list[str]) -> dict[str, int | str] | None:
    """Return the cheapest way from S to G, the first in alphabetical order of equally cheap ones.

    Returns:
        `cost`; `moves` in short notation; `keys` picked up on the way, in alphabetical order. None if there is no way.

    Raises:
        MazeError: the maze makes no sense.
    """
    found = cheapest(Grid(rows))
    if found is None:
        return None
    path, walker = found
    return {"cost": walker.cost, "moves": shorten(path), "keys": walker.keys}


def walk(rows: list[str], moves: str) -> dict[str, int | str | list[str]]:
    """Return what comes of moves from S on; a move into a wall or a closed door is not made.

    Returns:
        `cost`, `keys`, `blocked` (how many moves were not made), and `trace`: the rows with a mark on all floor and
        water that was entered.

    Raises:
        MazeError: the maze or the moves make no sense.
    """
    grid = Grid(rows)
    walker = Walker(grid.start)
    trace = [list(row) for row in rows]
    blocked = 0
    for move in lengthen(moves):
        following = walker.moved(grid, move)
        if following is None:
            blocked += 1
            continue
        walker = following
        row, column = walker.position
        if grid.at(walker.position) in FLOOR:
            trace[row][column] = MARK
    return {
        "cost": walker.cost,
        "keys": walker.keys,
        "blocked": blocked,
        "trace": ["".join(row) for row in trace],
    }
