"""Random calls for `auction`."""

import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

END = datetime(2024, 5, 1, 20, 0, tzinfo=UTC)


def random_moment(rng: random.Random, minutes: int) -> str:
    """Return the moment so many minutes after the first end, in one of three offsets or without any."""
    moment = END + timedelta(minutes=minutes)
    offset = rng.choice([None, 0, 0, 2, -3])
    if offset is None:
        return moment.replace(tzinfo=None).isoformat()
    return moment.astimezone(timezone(timedelta(hours=offset))).isoformat()


def random_bid(rng: random.Random, around: int) -> dict[str, Any]:
    """Return a bid near a price; one in fifty is none."""
    limit = rng.choice([around, around + 50, around + 250, rng.randint(around // 2, 2 * around), 2 * around])
    bid: dict[str, Any] = {
        "who": rng.choice(["ann", "ann", " bob", "cid "]),
        "limit": max(limit, 1),
        "at": random_moment(rng, rng.choice([-90, -60, -30, -6, -5, -4, -1, 0, 1, 3, 5])),
    }
    if rng.random() < 0.02:
        bid.update(
            rng.choice([{"who": " "}, {"limit": 0}, {"limit": -5}, {"limit": 1}, {"limit": 9.5}, {"at": "noon"}])
        )
        if rng.random() < 0.3:
            del bid[rng.choice(list(bid))]
    return bid


def random_call(rng: random.Random) -> Call:
    """Return a call with up to eight bids, or one of the two functions for steps."""
    around = rng.choice([100, 1000, 4900, 19_000, 99_000])
    kind = rng.random()
    if kind < 0.1:
        return Call("steps.step", [rng.choice([0, 4_999, 5_000, 19_999, 20_000, 99_999, 100_000, around])])
    if kind < 0.14:
        return Call("steps.capped_raise", [around, around + rng.randint(0, 300)])
    lot: dict[str, Any] = {"ends": "today" if rng.random() < 0.02 else random_moment(rng, 0)}
    if rng.random() < 0.8:
        lot["opening"] = rng.choice([around // 2, around])
    if rng.random() < 0.5:
        lot["reserve"] = rng.choice([around, around + 40, 2 * around, 3 * around])
    return Call("auction.hold_auction", [lot, [random_bid(rng, around) for _ in range(rng.randint(0, 8))]])
