"""Finding the cheapest way."""

from heapq import heappop, heappush

from .grid import Grid, Position
from .moves import MOVES
from .walker import Walker


def cheapest(grid: Grid) -> tuple[str, Walker] | None:
    """Return the cheapest moves from start to goal and the walker there, or None if there is no way.

    Of equally cheap ways, the first in alphabetical order counts.
    """
    waiting: list[tuple[int, str, Walker]] = [(0, "", Walker(grid.start))]
    seen: set[tuple[Position, str]] = set()
    while waiting:
        _, path, walker = heappop(waiting)
        if walker.position == grid.goal:
            return path, walker
        if (walker.position, walker.keys) in seen:
            continue
        seen.add((walker.position, walker.keys))
        for move in MOVES:
            following = walker.moved(grid, move)
            if following is not None:
                heappush(waiting, (following.cost, path + move, following))
    return None
