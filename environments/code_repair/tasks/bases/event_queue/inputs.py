"""Random calls for `event_queue`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call


def random_customer(rng: random.Random, name: str) -> dict[str, Any]:
    """Return a customer; some are impatient, some are vips."""
    customer: dict[str, Any] = {"name": name, "arrives": rng.randint(0, 10), "service": rng.randint(1, 6)}
    if rng.random() < 0.5:
        customer["patience"] = rng.choice([0, 1, 2, 3, 4, 6])
    if rng.random() < 0.3:
        customer["vip"] = rng.random() < 0.8
    return customer


def random_call(rng: random.Random) -> Call:
    """Return a call with up to eight customers; one in ten is refused."""
    names = rng.sample("abcdefgh", rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 8]))
    customers = [random_customer(rng, name) for name in names]
    if customers and rng.random() < 0.08:
        wrong = rng.choice(customers)
        key, value = rng.choice([("arrives", -1), ("service", 0), ("patience", -1), ("name", names[0]), ("age", 30)])
        wrong[key] = value
    if rng.random() < 0.2:
        return Call("event_queue.simulate", [customers])
    return Call("event_queue.simulate", [customers, rng.choice([1, 1, 1, 1, 2, 2, 2, 3]) if rng.random() < 0.98 else 0])
