"""The ground of a maze: what lies where, and what it costs to go there."""

from .errors import MazeError

Position = tuple[int, int]

START = "S"
GOAL = "G"
WALL = "#"
KEYS = "abc"
DOORS = KEYS.upper()
COSTS = {".": 1, "~": 3, START: 1, GOAL: 1} | dict.fromkeys(KEYS + DOORS, 1)


class Grid:
    """A maze, given as rows of equal length.

    Attributes:
        rows: the rows, top first.
        start: where walkers begin.
        goal: where they want to go.
    """

    def __init__(self, rows: list[str]) -> None:
        if not rows or any(len(row) != len(rows[0]) for row in rows):
            raise MazeError("a maze has rows of equal length")
        unknown = sorted(set("".join(rows)) - set(COSTS) - {WALL})
        if unknown:
            raise MazeError(f"nobody knows what {unknown[0]!r} is")
        self.rows = list(rows)
        self.start = self._only(START)
        self.goal = self._only(GOAL)

    def at(self, position: Position) -> str:
        """Return what is at a position; outside is wall."""
        row, column = position
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return WALL

    def cost(self, position: Position, keys: str) -> int | None:
        """Return what it costs to enter a position with these keys; None if that cannot be done."""
        ground = self.at(position)
        if ground in DOORS and ground.lower() not in keys:
            return None
        return COSTS.get(ground)

    def _only(self, mark: str) -> Position:
        places = [(row, text.index(mark)) for row, text in enumerate(self.rows) if mark in text]
        if sum(text.count(mark) for text in self.rows) != 1:
            raise MazeError(f"a maze has one {mark}")
        return places[0]
