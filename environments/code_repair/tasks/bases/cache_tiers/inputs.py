"""Random calls for `cache_tiers`."""

import random

from agentgym.environments.code_repair.tasks.call import Call


def random_command(rng: random.Random, keys: str) -> str:
    """Return a command; one in a hundred is not valid."""
    key = rng.choice(keys)
    kind = rng.random()
    if kind < 0.01:
        return rng.choice([f"drop {key}", f"put {key}", f"put {key} x", "", "get"])
    if kind < 0.08:
        return "flush"
    return f"get {key}" if kind < 0.6 else f"put {key} {rng.randint(0, 99)}"


def random_call(rng: random.Random) -> Call:
    """Return a call with up to twenty commands on small tiers."""
    keys = rng.choice(["abc", "abcde", "abcdef", "abcdefgh"])
    store = {key: rng.randint(0, 9) for key in keys if rng.random() < 0.5}
    commands = [random_command(rng, keys) for _ in range(rng.randint(1, 20))]
    sizes = rng.choice([[], [1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3], [3]])
    if rng.random() < 0.03:
        sizes = rng.choice([[0, 1], [1, 0], [0]])
    return Call("cache_tiers.replay", [commands, store, *sizes])
