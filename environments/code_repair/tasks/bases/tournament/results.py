"""Reading results of matches."""

import re
from dataclasses import dataclass

from .errors import ResultError

LINE = re.compile(r"(\w.*?) *- *(\w.*?) +(\d{1,2}):(\d{1,2})")


@dataclass(frozen=True)
class Result:
    """How a match ended."""

    home: str
    away: str
    home_goals: int
    away_goals: int

    def goals_of(self, team: str) -> tuple[int, int]:
        """Return the goals that one of both teams scored, and those it conceded."""
        if team == self.home:
            return self.home_goals, self.away_goals
        return self.away_goals, self.home_goals


def read_result(line: str, teams: list[str]) -> Result:
    """Return the result that a line such as `Reds - Blues 2:1` tells.

    Raises:
        ResultError: the line has another form, or names a team that does not take part, or the same one twice.
    """
    found = LINE.fullmatch(line.strip())
    if not found:
        raise ResultError(line, "not a result")
    home, away = found[1], found[2]
    for team in (home, away):
        if team not in teams:
            raise ResultError(line, f"{team} does not take part")
    if home == away:
        raise ResultError(line, "nobody plays alone")
    return Result(home, away, int(found[3]), int(found[4]))
