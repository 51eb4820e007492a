"""Random calls for `query_language`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

NAMES = ("a", "b", "c")
VALUES = ("0", "1", "2", "1.5", "-1", "'x'", "'y'", "'it''s'", "''")
PATTERNS = ("'%'", "'x%'", "'_'", "'%S'", "'i_.%'", "'X'", "'__'")
WRONG = (
    "",
    "select",
    "select a b",
    "select a, a",
    "select * where a",
    "select * where a ! 1",
    "select * where a in ()",
    "select * limit 1.5",
    "select * limit -1",
    "select * order a",
    "select * where (a = 1",
    "select a where b like 3",
    "select * where a , 1",
    "select * where a is 1",
    "select limit",
)


def random_condition(rng: random.Random, depth: int) -> str:
    """Return a condition."""
    kind = rng.random() if depth > 0 else 0.0
    if kind > 0.3:
        parts = [random_condition(rng, depth - 1) for _ in range(rng.randint(1, 3))]
        text = rng.choice([" and ", " or "]).join(parts)
        return rng.choice([text, text, f"({text})", f"not {text}", f"not ({text})"])
    name = rng.choice(NAMES)
    return rng.choice(
        [
            f"{name} {rng.choice(['=', '!=', '<', '<=', '>', '>='])} {rng.choice(VALUES)}",
            f"{name}{rng.choice(['=', '!=', '<', '<=', '>', '>='])}{rng.choice(VALUES)}",
            f"{name} in ({', '.join(rng.choices(VALUES, k=rng.randint(1, 3)))})",
            f"{name} like {rng.choice(PATTERNS)}",
            f"{rng.choice(['', 'not '])}{name} is null",
        ]
    )


def random_query(rng: random.Random) -> str:
    """Return a query."""
    if rng.random() < 0.08:
        return rng.choice(WRONG)
    query = rng.choice(["select ", "select ", "SELECT ", "select distinct "])
    columns = rng.sample(["a", "b", "c as Name", "d", "b as a1"], rng.randint(0, 2))
    query += ", ".join(columns) if columns else "*"
    if rng.random() < 0.6:
        query += rng.choice([" where ", " Where "]) + random_condition(rng, 2)
    if rng.random() < 0.6:
        query += " order by " + ", ".join(
            name + rng.choice(["", " asc", " desc"]) for name in rng.sample(NAMES, rng.randint(1, 2))
        )
    if rng.random() < 0.3:
        query += f" limit {rng.randint(0, 4)}"
    return query


def random_call(rng: random.Random) -> Call:
    """Return a call with up to eight rows whose values are often equal."""
    rows: list[dict[str, Any]] = []
    for number in range(rng.randint(0, 8)):
        row = {name: rng.choice([0, 1, 2, 1.5, None, "x", "y", "X", "it's"]) for name in NAMES if rng.random() < 0.85}
        rows.append(row if rng.random() < 0.5 else {**row, "d": number})
    return Call("query_language.run_query", [random_query(rng), rows])
