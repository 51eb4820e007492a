"""Random calls for `payroll`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WRONG = ["ann mon 8:00-9:00", "ann day 08:00-09:00", "mon 08:00-09:00", "ann mon 08:00-24:00", "cid mon 08:00-09:00"]


def random_shift(rng: random.Random, name: str, day: str) -> str:
    """Return somebody's shift on a day, often with round times."""
    start = rng.choice([0, 5 * 60 + 30, 8 * 60, 8 * 60, 13 * 60, 20 * 60, 22 * 60, 23 * 60, rng.randrange(1440)])
    end = start + rng.choice([60, 359, 360, 361, 480, 510, 510, 600, 1410, 1439, 1440, rng.randint(1, 900)])
    return f"{name} {day} {start // 60:02d}:{start % 60:02d}-{end // 60 % 24:02d}:{end % 60:02d}"


def random_call(rng: random.Random) -> Call:
    """Return a call with a week of two people, or one of an inner function; one in twelve is surely refused."""
    kind = rng.random()
    if kind < 0.12:
        cents = rng.choice([0, 20_000, 30_001, 50_000, 99_999, 100_005, rng.randint(0, 200_000)])
        return Call("taxes.tax", [cents, rng.choice(["single", "parent", "second", "second", "second", "none"])])
    if kind < 0.2:
        return Call(
            "wages.gross", [rng.choice([1, 2399, 2400, 2401, 3000]), rng.randint(0, 90), rng.randint(900, 3000)]
        )
    staff: dict[str, dict[str, Any]] = {}
    for name in ("ann", "bob"):
        staff[name] = {"hourly": rng.choice([1200, 1530, 2000, 3333, 7500])}
        if rng.random() < 0.6:
            staff[name]["tax_class"] = rng.choice(["single", "parent", "second"])
    shifts = [random_shift(rng, "bob", day) for day in DAYS if rng.random() < 0.2]
    shifts += [random_shift(rng, "ann", day) for day in DAYS if rng.random() < rng.choice([0.2, 0.6])]
    rng.shuffle(shifts)
    if rng.random() < 0.06:
        shifts.append(rng.choice(WRONG))
    if rng.random() < 0.02:
        staff["ann"]["tax_class"] = "none"
    return Call("payroll.pay_slips", [staff, shifts])
