"""Random calls for `recurring_events`."""

import random
from datetime import datetime, timedelta

from agentgym.environments.code_repair.tasks.call import Call

ZONES = ("+00:00", "+00:00", "+02:00", "-05:00", "+05:30")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def random_event(rng: random.Random, title: str, around: datetime, wrong: float) -> dict[str, object]:
    """Return an event, with some probability a wrong one."""
    start = around + timedelta(days=rng.randint(-9, 3), minutes=30 * rng.randint(0, 47))
    every = rng.choice(["day", "day", "week", "week", "month", "month", None])
    if every == "month":
        start += timedelta(days=rng.randint(0, 9) - rng.choice([0, 30, 31, 61, 92]))
    zone = rng.choice(ZONES)
    event: dict[str, object] = {
        "title": title,
        "start": start.isoformat(timespec="minutes") + (zone if rng.random() > wrong else ""),
        "minutes": rng.choice([30, 60, 90, 300, 1500]) if rng.random() > wrong else 0,
    }
    if every is None:
        return event
    event["every"] = every if rng.random() > wrong else "year"
    if rng.random() < 0.4:
        event["interval"] = rng.choice([1, 2, 2, 3]) if rng.random() > wrong else 0
    if every == "week" and rng.random() < 0.7:
        event["on"] = rng.sample(WEEKDAYS, rng.randint(0, 3)) if rng.random() > wrong else ["monday"]
    if rng.random() < 0.3:
        event["times"] = rng.randint(0, 7)
    if rng.random() < 0.3:
        event["until"] = (around + timedelta(days=rng.randint(-2, 9))).date().isoformat()
    if rng.random() < 0.4:
        event["without"] = [(start + timedelta(days=rng.choice([0, 1, 2, 7]))).date().isoformat() for _ in range(2)]
    return event


def random_call(rng: random.Random) -> Call:
    """Return a call with up to three events and a window of at most fourteen days."""
    if rng.random() < 0.08:
        return Call("months.days_in_month", [rng.choice([1900, 2000, 2023, 2024]), rng.choice([1, 2, 2, 4, 9, 11, 12])])
    around = datetime(rng.choice([2023, 2024]), rng.choice([1, 2, 3, 5, 12]), rng.choice([1, 15, 25, 28]))
    around += timedelta(days=rng.choice([0, 0, 1, 3]))
    ends = (
        around,
        around + timedelta(hours=rng.choice([0, 24, 72, 144, 216, 216, 216, 336, 336]) if rng.random() < 0.98 else -1),
    )
    window = [end.isoformat(timespec="minutes") + rng.choice(["+00:00", "+00:00", "+02:00"]) for end in ends]
    events = [random_event(rng, title, around, 0.01) for title in rng.sample("abc", rng.choice([0, 1, 2, 2, 3, 3, 3]))]
    return Call("recurring_events." + rng.choice(["agenda", "agenda", "agenda", "conflicts"]), [events, *window])
