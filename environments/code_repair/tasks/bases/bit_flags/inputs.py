"""Random calls for `bit_flags`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

NAMES = ["read", "write", "execute", "append", "hidden", "Read", " WRITE ", "all"]


def random_flags(rng: random.Random) -> str:
    """Return up to three flags; one in twenty texts has an unknown one."""
    names = [rng.choice(NAMES) for _ in range(rng.randint(0, 3))]
    if rng.random() < 0.05:
        names.append(rng.choice(["delete", "", "re ad"]))
    return rng.choice(["|", " | "]).join(names)


def random_call(rng: random.Random) -> Call:
    """Return a call of one of the three functions, mostly of `change`."""
    bits = rng.choice([0, 1, 5, 31, 32, 64, rng.randint(0, 255), rng.randint(0, 255)])
    kind = rng.randrange(5)
    if kind == 0:
        return Call("bit_flags.mask", [random_flags(rng)])
    if kind == 1:
        return Call("bit_flags.describe", [bits if rng.random() < 0.9 else -1 - bits])
    changes = [rng.choice("+-~=") + random_flags(rng) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.06:
        changes.insert(rng.randint(0, len(changes)), rng.choice(["", "*read", "read", " "]))
    return Call("bit_flags.change", [bits, rng.choice([",", ", "]).join(changes)])
