"""Random calls for `calendar_weeks`."""

import random
from datetime import date, timedelta

from agentgym.environments.code_repair.tasks.call import Call

WRONG = ("2024-W1", "2024-W00", "2024-w05", "24-W05", "2024-W054", "W05-2024")


def random_call(rng: random.Random) -> Call:
    """Return a call of one of the four functions, often near the turn of a year."""
    year = rng.choice([rng.randint(1990, 2040), rng.choice([1800, 1900, 2000, 2100, 2200, 2015, 2016, 2020])])
    kind = rng.randrange(8)
    if kind < 3:
        day = date(year, 1, 1) + timedelta(days=rng.choice([rng.randint(-4, 4), rng.randint(0, 365)]))
        return Call("calendar_weeks.week_of", [day.isoformat() if rng.random() < 0.95 else f"{year}-02-30"])
    if kind == 3:
        return Call("calendar_weeks.weeks_in", [year])
    if kind < 6:
        number = rng.choice([0, 1, 1, 2, rng.randint(3, 51), 52, 53, 53, 54])
        return Call("calendar_weeks.days_of", [f"{year}-W{number:02d}" if rng.random() < 0.9 else rng.choice(WRONG)])
    month = rng.choice([rng.randint(1, 12), rng.choice([0, 1, 2, 2, 12, 12, 13])])
    weekday = [rng.choice([0, 1, 2, 3, 4, 5, 6, 6, rng.choice([-1, 7])])] if rng.random() < 0.7 else []
    return Call("calendar_weeks.month_sheet", [year, month, *weekday])
