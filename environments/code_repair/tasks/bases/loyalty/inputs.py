"""Random calls for `loyalty`."""

import random
from datetime import date, timedelta
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call


def random_call(rng: random.Random) -> Call:
    """Return a call with up to nine events, or one about tiers; one in twelve is refused."""
    kind = rng.random()
    points = rng.choice([0, 1, 499, 500, 501, 1999, 2000, 2001, rng.randint(0, 3000)])
    if kind < 0.05:
        return Call("tiers.tier_of", [points])
    if kind < 0.1:
        return Call("tiers.missing", [points])
    if kind < 0.16:
        tier = rng.choice(["bronze", "silver", "gold", "gold", "iron"])
        return Call("tiers.points_for", [rng.choice([99, 100, 350, points * 10]), tier])
    day = date(2023, 1, 31)
    events: list[list[Any]] = []
    bought = []
    for number in range(1, rng.randint(1, 10)):
        day += timedelta(days=rng.choice([0, 0, 1, 1, 7, 13, 14, 15, 29, 30, 120, 335, 364, 365]))
        action = rng.choice(["buy", "buy", "buy", "gift", "redeem", "redeem", "return"])
        amount = rng.choice([100, 100, 150, 99, 200, 300, 500, rng.randint(-1, 600)])
        if action == "buy":
            bought.append(number)
            amount = rng.choice([0, 99, 10_050, 20_000, 25_000, 49_900, 50_000, 60_000, 150_000, 200_000])
        if action == "return":
            amount = rng.choice([*bought[-2:], *bought[-1:], rng.randint(1, number)])
        if rng.random() < 0.006:
            action = "steal"
        events.append([day.isoformat(), action, amount])
    if len(events) > 1 and rng.random() < 0.03:
        events[-2], events[-1] = events[-1], events[-2]
    until = day + timedelta(days=rng.choice([0, 0, 1, 15, 29, 30, 200, 364, 365, rng.randint(-1, 400)]))
    return Call("loyalty.statement", [events, until.isoformat()])
