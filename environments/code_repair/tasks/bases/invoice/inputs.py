"""Random calls for `invoice`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

TERMS = ["at once", "net 0", "net 7", "net 10", "net 30", "net 365", "end of month", "end of month"]
WRONG: list[dict[str, Any]] = [
    {"quantity": 0}, {"quantity": -1}, {"price": "-0.01"}, {"price": "free"}, {"price": "NaN"}, {"discount": -1},
    {"discount": 101}, {"rate": "none"},
]  # fmt: skip


def random_line(rng: random.Random) -> dict[str, Any]:
    """Return a line; one in sixteen is wrong."""
    line: dict[str, Any] = {
        "quantity": rng.choice([1, 1, 2, 3, 9, 10, 11, 25]),
        "price": rng.choice(["0", "0.99", "0.335", "1.05", "2.50", "4.995", "5.5", "10.00", "16.70", "25.00", "50.00"]),
    }
    if rng.random() < 0.5:
        line["discount"] = rng.choice([0, 3, 5, 6, 10, 33, 100])
    if rng.random() < 0.6:
        line["rate"] = rng.choice(["standard", "reduced", "reduced", "zero"])
    return {**line, **rng.choice(WRONG)} if rng.random() < 0.06 else line


def random_day(rng: random.Random) -> str:
    """Return a day in some month, its last ones often; one in forty is none."""
    if rng.random() < 0.025:
        return "2023-02-29"
    month = rng.choice(["2024-02", "2023-02", "2024-08", "2024-11", "2024-12"])
    return f"{month}-{rng.choice([1, rng.randint(1, 28), 27, 28]):02d}"


def random_call(rng: random.Random) -> Call:
    """Return a call with an order of up to four lines, or with terms of payment."""
    terms = rng.choice(["net", "net 1000", "never"]) if rng.random() < 0.05 else rng.choice(TERMS)
    if rng.random() < 0.2:
        return Call("terms.due_date", [random_day(rng), terms])
    order: dict[str, Any] = {"issued": random_day(rng), "lines": [random_line(rng) for _ in range(rng.randint(0, 4))]}
    if rng.random() < 0.08:
        order["lines"] = rng.choice(
            [[{"quantity": 2, "price": "25"}], [{"quantity": 10, "price": "5.26"}], [{"quantity": 1, "price": "50.00"}]]
        )
    if rng.random() < 0.6:
        order["terms"] = terms
    if rng.random() < 0.4:
        order["voucher"] = rng.choice(["5.00", "20.00", "59.50", "1000.00"])
    return Call("invoice.write_invoice", [order])
