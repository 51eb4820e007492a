"""Random calls for `table_join`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

KINDS = ("inner", "left", "right", "outer", "semi", "anti")


def random_table(rng: random.Random, names: list[str]) -> dict[str, list[Any]]:
    """Return a table with up to five rows of few different cells; one in forty makes no sense."""
    columns = rng.sample(names, rng.randint(2, 3))
    values: list[Any] = rng.choice([[1, 2, 3], ["a", "A", "b ", " B"], [1, 2, "1", "a", None]])
    rows = [[rng.choice([*values, None]) for _ in columns] for _ in range(rng.randint(0, 5))]
    if rows and rng.random() < 0.02:
        rows[-1] = rows[-1][1:]
    if rng.random() < 0.01:
        columns[0] = columns[1]
    return {"columns": columns, "rows": rows}


def random_call(rng: random.Random) -> Call:
    """Return a call with one or two pairs of columns; few columns or kinds are unknown."""
    left = random_table(rng, ["id", "name", "size", "size_left"])
    right = random_table(rng, rng.choice([["id", "name", "size", "tag"], ["who", "id", "tag", "size_right"]]))
    if rng.random() < 0.5:
        right["rows"] += [[*row, None, None][: len(right["columns"])] for row in left["rows"]]
    pairs = rng.choice([0, 1, 1, 1, 1, 1, 1, 2, 2, 2] if rng.random() < 0.2 else [1, 1, 2])
    columns = [[rng.choice(left["columns"]), rng.choice(right["columns"])] for _ in range(pairs)]
    if columns and rng.random() < 0.03:
        columns[-1][rng.randrange(2)] = "nowhere"
    kind = ["full"] if rng.random() < 0.02 else [rng.choice(KINDS)] if rng.random() < 0.9 else []
    return Call("table_join.join", [left, right, columns, *kind])
