"""Tournaments: a table of all teams, and the pairs of the knockout that follows."""

from collections.abc import Iterable
from typing import Any

from .knockout import bracket
from .results import Result, read_result
from .schedule import check_teams, round_robin
from .standing import Standing


def play(teams: list[str], lines: list[str], qualified: int = 4) -> dict[str, list[list[Any]]]:
    """Return what follows from results.

    Better is who has more points, then the higher goal difference, then more goals, then more points in the matches
    among those that are equal so far, then the name that comes first in the alphabet.

    Args:
        teams: the names of those who take part.
        lines: results such as `Reds - Blues 2:1`; a later result of the same home and away team replaces the earlier.
        qualified: how many teams go on at most; below 2 nobody does.

    Returns:
        `table`: rows [place, team, matches played, points, goals scored, goals conceded], the best first. `open`: pairs
        [home, away] of a round robin of one leg for which there is no result, at whosever home. `knockout`: the pairs
        of the first round of those who go on.

    Raises:
        TournamentError: there are fewer than two teams, or teams of one name.
        ResultError: a line is no result of two of the teams.
    """
    check_teams(teams)
    results: dict[tuple[str, str], Result] = {}
    for line in lines:
        result = read_result(line, teams)
        results[result.home, result.away] = result
    ranked = rank(teams, list(results.values()))
    going_on = [standing.team for standing in ranked][:qualified] if qualified >= 2 else []
    return {
        "table": [
            [place, each.team, each.played, each.points, each.scored, each.conceded]
            for place, each in enumerate(ranked, start=1)
        ],
        "open": [
            [home, away]
            for pairs in round_robin(teams)
            for home, away in pairs
            if (home, away) not in results and (away, home) not in results
        ],
        "knockout": bracket(going_on) if going_on else [],
    }


def rank(teams: list[str], results: list[Result]) -> list[Standing]:
    """Return the standings of all teams, the best first."""
    standings = standings_of(teams, results)
    groups: dict[tuple[int, int, int], list[str]] = {}
    for each in standings.values():
        groups.setdefault((each.points, each.difference, each.scored), []).append(each.team)
    ranked = []
    for _, equal in sorted(groups.items(), reverse=True):
        among = standings_of(equal, results)
        ranked += [standings[team] for team in sorted(equal, key=lambda team: (-among[team].points, team))]
    return ranked


def standings_of(teams: Iterable[str], results: Iterable[Result]) -> dict[str, Standing]:
    """Return the standings of teams that follow from the matches among them."""
    standings = {team: Standing(team) for team in teams}
    for result in results:
        if result.home in standings and result.away in standings:
            for team in (result.home, result.away):
                standings[team].add(*result.goals_of(team))
    return standings
