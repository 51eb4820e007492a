"""Random calls for `subscriptions`."""

import random
from datetime import date, timedelta

from agentgym.environments.code_repair.tasks.call import Call

PLANS = ["basic", "plus", "team"]
CLOCKS = ["T00:00:00", "T12:00:00", "T23:30:00+00:00", "T23:30:00-02:00", "T00:30:00+02:00", "T22:59:59-01:00"]


def random_call(rng: random.Random) -> Call:
    """Return a call with the events of two customers; about one in five is refused."""
    day = date(*rng.choice([(2023, 12, 30), (2024, 1, 29), (2023, 1, 29), (2024, 3, 1), (2024, 10, 31)]))
    running: dict[str, bool] = {}
    events: list[list[str]] = []
    for _ in range(rng.randint(1, 7)):
        day += timedelta(days=rng.choice([0, 1, 2, 7, 14, 15, 29, 30, 31]))
        customer = rng.choice(["ann", "ann", "bob"])
        action = rng.choice(["change", "change", "change", "cancel"]) if customer in running else ""
        action = action or rng.choice(["start", "start", "trial"])
        if not running.get(customer, True) and rng.random() < 0.9:
            continue
        running[customer] = action != "cancel"
        if rng.random() < 0.015:
            action = rng.choice(["start", "cancel", "change", "pause"])
        moment = day.isoformat() + rng.choice([*CLOCKS[:3], *CLOCKS])
        plan = "gold" if rng.random() < 0.01 else rng.choice(PLANS)
        events.append([moment, customer, action] if action == "cancel" else [moment, customer, action, plan])
    until = day + timedelta(days=rng.choice([1, 1, 1, 2, 14, 15, 30, 45, rng.randint(-5, 90)]))
    kind = "total" if rng.random() < 0.15 else "charges"
    return Call(f"subscriptions.{kind}", [events, until.isoformat()])
