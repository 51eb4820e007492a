"""Random calls for `rate_limiter`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call


def random_rule(rng: random.Random) -> str:
    """Return a rule with a short period; one in fifty is not valid."""
    if rng.random() < 0.02:
        return rng.choice(["window 0/s", "bucket 1/s burst 0", "window 2/s burst 2", "bucket 1", "bucket 3/0s"])
    period = rng.choice(["s", "s", "2s", "5s", "m", "h"])
    rule = f"{rng.choice(['bucket', 'window'])} {rng.randint(1, 4)}/{period}"
    return f"{rule} burst {rng.randint(1, 5)}" if rule[0] == "b" and rng.random() < 0.5 else rule


def random_call(rng: random.Random) -> Call:
    """Return a call with up to twelve requests of up to three clients; one in eight is refused."""
    rules = {
        client: [random_rule(rng) for _ in range(rng.choice([0, 1, 1, 1, 2]))]
        for client in rng.choice(["a", "a*", "ab", "*"])
    }
    clients = "abc" if "*" in rules else "".join(rules)
    now = 0
    requests: list[list[Any]] = []
    for _ in range(rng.randint(0, 12)):
        now += rng.choice([0, 0, 1, 100, 250, 333, 500, 999, 1000, 2000, rng.randint(0, 6000)])
        requests.append([now, rng.choice(clients)])
        if rng.random() < 0.35:
            requests[-1].append(rng.randint(1, 5))
    if requests and rng.random() < 0.06:
        requests[-1] = rng.choice([[-1, "a"], [now, "a", 0], [now, "z"], [now - 1, clients[0]], [now - 1, clients[0]]])
    return Call("rate_limiter.judge", [rules, requests])
