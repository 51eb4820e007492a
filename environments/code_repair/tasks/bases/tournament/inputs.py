"""Random calls for `tournament`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

TEAMS = ("Reds", "Blues", "Real X", "Ajax", "FC 04")


def random_teams(rng: random.Random) -> list[str]:
    """Return two to five teams; one list in thirty is wrong."""
    teams = rng.sample(TEAMS, rng.choice([2, 3, 3, 4, 4, 5]))
    if rng.random() < 0.03:
        return rng.choice([teams[:1], [*teams, teams[0]], [*teams, ""], []])
    return teams


def random_line(rng: random.Random, teams: list[str], wrong: float) -> str:
    """Return a result, with some probability a wrong one."""
    home, away = rng.sample(teams, 2) if len(teams) > 1 else ("Reds", "Blues")
    goals = f"{rng.choice([0, 0, 1, 1, 2, 3])}:{rng.choice([0, 0, 1, 1, 2])}"
    if rng.random() < wrong:
        return rng.choice(
            [f"{home} - {home} {goals}", f"{home} - Zoo {goals}", f"{home} {away} {goals}", f"{home}-{away}"]
        )
    return rng.choice(["", "", " "]) + home + rng.choice([" - ", " - ", "-", " -  "]) + f"{away} {goals}"


def random_call(rng: random.Random) -> Call:
    """Return a call of one of the main functions, or for a schedule or a bracket."""
    kind, teams = rng.random(), random_teams(rng)
    if kind < 0.1:
        return Call("schedule.round_robin", [teams, *rng.choice([[], [1], [2], [2], [3], [0]])])
    if kind < 0.17:
        return Call("knockout.bracket", [[str(number) for number in range(1, rng.randint(3, 18))]])
    lines = [random_line(rng, teams, 0.02) for _ in range(rng.randint(0, 9))]
    if len(teams) > 2 and rng.random() < 0.4:
        goals = rng.choice(["1:0", "2:1", "1:1"])
        lines = [f"{home} - {away} {goals}" for home, away in zip(teams, [*teams[1:], teams[0]], strict=True)]
        lines += [random_line(rng, teams, 0.0) for _ in range(rng.choice([0, 0, 1, 2]))]
    return Call("tournament.play", [teams, lines, *rng.choice([[], [], [0], [1], [2], [3], [5], [9]])])
