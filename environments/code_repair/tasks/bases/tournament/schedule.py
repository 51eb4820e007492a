"""Who plays whom, and when."""

from .errors import TournamentError

Round = list[list[str]]
FREE = ""


def check_teams(teams: list[str]) -> None:
    """Refuse fewer than two teams, and teams without name or with the same name."""
    if len(teams) < 2 or len(set(teams)) < len(teams) or not all(teams):
        raise TournamentError("need at least two teams with different names")


def round_robin(teams: list[str], legs: int = 1) -> list[Round]:
    """Return rounds of pairs [home, away] in which each team plays each other one once per leg.

    The first team stays at its place and the others move on by one place from round to round; the first place plays
    the last one, the second the last but one, and so on. With an odd number of teams, one is free in each round. The
    first team is at home in the first round and then in every other one; in all other pairs the first place is at home.
    Every second leg has home and away the other way round.

    Raises:
        TournamentError: there are fewer than two teams, teams of one name, or legs below 1.
    """
    check_teams(teams)
    if legs < 1:
        raise TournamentError("need at least one leg")
    places = teams + [FREE] * (len(teams) % 2)
    half = len(places) // 2
    leg: list[Round] = []
    for number in range(len(places) - 1):
        pairs = [list(pair) for pair in zip(places[:half], reversed(places[half:]), strict=True)]
        if number % 2 == 1:
            pairs[0].reverse()
        leg.append([pair for pair in pairs if FREE not in pair])
        places = [places[0], places[-1], *places[1:-1]]
    back = [[[away, home] for home, away in pairs] for pairs in leg]
    return [[list(pair) for pair in pairs] for turn in range(legs) for pairs in (back if turn % 2 else leg)]
