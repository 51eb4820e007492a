"""Random calls for `inventory`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

SKUS = ("tea", "cup", "mug")
ORDERS = ("o1", "o1", "o2", "o3")


def random_movement(rng: random.Random) -> list[str | int]:
    """Return a movement; a few cannot be made."""
    sku = rng.choice([*SKUS, *SKUS, *SKUS, "gin"])
    quantity = rng.choice([1, 2, 2, 3, 3, 4, 5, 6, 0, -1] if rng.random() < 0.3 else [1, 2, 3, 4])
    kind = rng.random()
    if kind < 0.33:
        return ["receive", sku, quantity + rng.choice([0, 0, 3])]
    if kind < 0.65:
        return ["reserve", rng.choice(ORDERS), sku, quantity]
    if kind < 0.77:
        return ["ship", rng.choice(ORDERS)]
    if kind < 0.85:
        return ["cancel", rng.choice(ORDERS)]
    return ["undo"] if kind < 0.98 else ["lose", sku]


def random_call(rng: random.Random) -> Call:
    """Return a call with up to three items and fourteen movements; few have a wrong catalog."""
    if rng.random() < 0.06:
        return Call("reorder.packs_needed", [rng.randint(-3, 15), rng.randint(0, 12), rng.randint(1, 5)])
    catalog: dict[str, dict[str, int]] = {}
    for sku in rng.sample(SKUS, rng.choice([1, 2, 2, 3, 3])):
        fields = {"minimum": rng.randint(0, 8), "pack": rng.randint(1, 4)}
        if rng.random() < 0.03:
            fields[rng.choice(["minimum", "pack"])] = rng.choice([-1, 0])
        catalog[sku] = {name: value for name, value in fields.items() if rng.random() < 0.8}
    movements: list[list[str | int]] = [["receive", sku, rng.randint(1, 9)] for sku in catalog if rng.random() < 0.6]
    movements += [random_movement(rng) for _ in range(rng.randint(0, 12))]
    return Call("inventory.track", [catalog, movements])
