"""Random calls for `maze`."""

import random

from agentgym.environments.code_repair.tasks.call import Call


def random_rows(rng: random.Random) -> list[str]:
    """Return a small maze, in which a goal often lies behind a door; one in fifteen makes no sense."""
    height, width = rng.randint(1, 5), rng.randint(2, 6)
    ground = rng.choice(["....#", "...##~", "...#~~", "...###a", "..##aA~"])
    cells = [rng.choice(ground) for _ in range(height * width)]
    marks = ["S", "G", *rng.choice(["", "aA", "aAA", "aAbB", "aAAbcC"])][: len(cells)]
    for place, mark in zip(rng.sample(range(len(cells)), len(marks)), marks, strict=True):
        cells[place] = mark
    if rng.random() < 0.07:
        cells[rng.randrange(len(cells))] = rng.choice("SGxD ")
    rows = ["".join(cells[start : start + width]) for start in range(0, len(cells), width)]
    if rng.random() < 0.03:
        rows[-1] = rows[-1][1:]
    return rows if rng.random() < 0.99 else []


def random_moves(rng: random.Random) -> str:
    """Return up to seven runs in short notation; one in twenty is wrong."""
    runs = [rng.choice("DLRU") + rng.choice(["", "", "", "2", "3", "4", "10"]) for _ in range(rng.randint(0, 7))]
    if rng.random() < 0.05:
        runs.append(rng.choice(["R0", "X", "R01", "3R", "d", "L100", "DD"]))
    return " ".join(runs)


def random_call(rng: random.Random) -> Call:
    """Return a call of the main functions, or of those for short notation."""
    kind = rng.random()
    if kind < 0.5:
        return Call("maze.solve", [random_rows(rng)])
    if kind < 0.9:
        return Call("maze.walk", [random_rows(rng), random_moves(rng)])
    if kind < 0.95:
        return Call("moves.lengthen", [random_moves(rng)])
    return Call("moves.shorten", ["".join(rng.choices("DLRU", k=rng.randint(0, 4))) + "U" * rng.choice([0, 1, 2, 12])])
