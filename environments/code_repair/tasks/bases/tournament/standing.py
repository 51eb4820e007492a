"""What a team has reached."""

from dataclasses import dataclass

WIN = 3
DRAW = 1


def points_for(scored: int, conceded: int) -> int:
    """Return the points for a match."""
    if scored == conceded:
        return DRAW
    return WIN if scored > conceded else 0


@dataclass
class Standing:
    """The sums of a team's matches.

    Attributes:
        team: its name.
        played: number of matches.
        points: for all of them.
        scored: its goals.
        conceded: those of the others.
    """

    team: str
    played: int = 0
    points: int = 0
    scored: int = 0
    conceded: int = 0

    def add(self, scored: int, conceded: int) -> None:
        """Add a match."""
        self.played += 1
        self.points += points_for(scored, conceded)
        self.scored += scored
        self.conceded += conceded

    @property
    def difference(self) -> int:
        """Goals scored less goals conceded."""
        return self.scored - self.conceded
