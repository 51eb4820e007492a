"""Random calls for `data_pipeline`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

COLUMNS = ("n", "m", "t", "k")
AGGREGATES = ("count", "sum", "mean", "min", "max", "last")


def random_row(rng: random.Random) -> dict[str, Any]:
    """Return a row of two columns of numbers and two of texts, with gaps."""
    row = {
        "n": rng.randint(-3, 9),
        "m": rng.choice([0, 1, 2, "x", None]),
        "t": rng.choice("abcde"),
        "k": rng.choice("pq"),
    }
    return {column: value if rng.random() < 0.9 else None for column, value in row.items() if rng.random() < 0.95}


def random_step(rng: random.Random, wrong: float) -> list[Any]:
    """Return a step, with some probability a wrong one."""
    column = rng.choice(COLUMNS)
    name = rng.choice(["where", "derive", "sort", "sort", "group", "take", "keep"])
    is_wrong = rng.random() < wrong
    if name == "where":
        symbols = ["~"] if is_wrong else ["==", "!=", "<", "<=", ">", ">="]
        return [name, column, rng.choice(symbols), rng.choice([0, 1, 2, 3, "b", "c", "p", None])]
    if name == "derive":
        operand = rng.choice(["n", "m", "t", 2, 3, -1])
        return [name, rng.choice(["d", "n"]), rng.choice("nnm"), "/" if is_wrong else rng.choice("+-*"), operand]
    if name == "sort":
        return [name, column, "left"] if is_wrong else [name, column, *rng.choice([[], ["up"], ["down"], ["down"]])]
    if name == "group":
        return [name, rng.choice("ktm"), "median" if is_wrong else rng.choice(AGGREGATES), rng.choice("nnmt")]
    if name == "take":
        return ["limit" if is_wrong else name, rng.choice([0, 1, 2, 3, 4, -1, -2, -3])]
    return [name, rng.sample([*COLUMNS, "d"], rng.randint(1, 4))]


def random_call(rng: random.Random) -> Call:
    """Return a call with up to eight rows and four steps."""
    rows = [random_row(rng) for _ in range(rng.randint(0, 8))]
    return Call("data_pipeline.run", [rows, [random_step(rng, 0.03) for _ in range(rng.randint(1, 4))]])
