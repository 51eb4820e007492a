"""Random calls for `elevator`."""

import random

from agentgym.environments.code_repair.tasks.call import Call


def random_call(rng: random.Random) -> Call:
    """Return a call with up to eight passengers; one in eight is refused."""
    floors = rng.choice([2, 3, 4, 5, 6, 6, 6, 6])
    calls = [[rng.randint(0, 14), *rng.sample(range(floors), 2)] for _ in range(rng.choice([0, 1, 2, 3, 4, 5, 6, 8]))]
    if calls and rng.random() < 0.1:
        wrong = rng.choice(calls)
        wrong[rng.randrange(3)] = rng.choice([-1, floors, floors + 1, wrong[1], wrong[2]])
    if floors == 6 and rng.random() < 0.5:
        return Call("elevator.ride", [calls])
    return Call("elevator.ride", [calls, floors, rng.choice([1, 1, 2, 2, 3]) if rng.random() < 0.96 else 0])
