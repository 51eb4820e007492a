"""Random calls for `seat_booking`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

NAMES = ("ann", "bob", "cid", "dee", "eve")


def random_request(rng: random.Random, rows: int, name: str) -> dict[str, object]:
    """Return a request; some cannot be fulfilled."""
    kind = rng.random()
    if kind < 0.12:
        return {"name": name, "cancel": True}
    if kind < 0.35:
        letters = "ABCDE"[:rows] * 3 + "F"
        labels = [f"{rng.choice(letters)}{rng.choice([1, 2, 3, 4, 5, 7])}" for _ in range(rng.randint(0, 2))]
        if rng.random() < 0.1:
            labels.append(rng.choice(["A0", "a1", "1A", "A", "A01", "AA1"]))
        return {"name": name, "seats": labels}
    size = rng.choice([0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 8])
    return {"name": name, "size": size} | ({"together": rng.random() < 0.2} if rng.random() < 0.6 else {})


def random_call(rng: random.Random) -> Call:
    """Return a call with up to five rows and seven requests, or one for a bill."""
    if rng.random() < 0.06:
        seats = [[rng.choice([0, 1, 1, 2, 3]), number] for number in range(1, rng.randint(2, 8))]
        return Call("pricing.bill", [seats])
    rows = ["".join(rng.choices("oooooo_x", k=rng.randint(0, 9))) for _ in range(rng.randint(1, 5))]
    if rng.random() < 0.03:
        rows = [*rows, rng.choice("#O ")] if rng.random() < 0.8 else ["oo"] * rng.choice([26, 27])
    names = [rng.choice(NAMES) if rng.random() < 0.4 else name for name in NAMES + NAMES[:2]]
    requests = [random_request(rng, len(rows), name) for name in names[: rng.randint(0, 7)]]
    return Call("seat_booking.book", [rows, requests])
