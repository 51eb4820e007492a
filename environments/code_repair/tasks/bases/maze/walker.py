"""Somebody who walks through a maze and picks up keys."""

from dataclasses import dataclass, replace

from .grid import KEYS, Grid, Position
from .moves import step


@dataclass(frozen=True)
class Walker:
    """Where somebody is, what they hold, and what that has cost.

    Attributes:
        position: row and column.
        keys: those picked up, in alphabetical order.
        cost: of all moves so far.
    """

    position: Position
    keys: str = ""
    cost: int = 0

    def moved(self, grid: Grid, move: str) -> "Walker | None":
        """Return the walker after a move, or None if a wall or a closed door is in the way."""
        position = step(self.position, move)
        cost = grid.cost(position, self.keys)
        if cost is None:
            return None
        ground = grid.at(position)
        found = ground if ground in KEYS and ground not in self.keys else ""
        return replace(
            self,
            position=position,
            keys="".join(sorted(self.keys + found)),
            cost=self.cost + cost,
        )
