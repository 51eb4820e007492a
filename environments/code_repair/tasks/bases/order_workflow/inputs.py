"""Random calls for `order_workflow`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

PRICES = {"tea": 300, "pot": 2500, "clip": 7, "bag": 455}
LATER = [["ship"], ["receive"], ["return"], ["return"], ["cancel"], ["pay"], ["add"]]
USUAL = [["add"], ["add"], ["add"], ["remove"], ["place"], ["place"], ["pay"], ["pay"], ["reopen"], ["cancel"]]


def completed(rng: random.Random, action: str, lines: dict[str, int]) -> list[Any]:
    """Return an action with its details; those of returns and removals mostly fit what is there."""
    if action == "add" or (action in ("remove", "return") and rng.random() < 0.2):
        item = rng.choice([*PRICES, *PRICES, *PRICES, "cup"])
        return [action, item, rng.choice([0, 1, 1, 2, 2, 3, 9, 10, 11])]
    if action in ("remove", "return"):
        item = rng.choice([*lines, "tea"])
        return [action, item, rng.randint(1, max(1, lines.get(item, 1)))]
    if action == "pay":
        return [action, rng.choice([1, 100, 490, 790, 300, 0, -5, 5000])]
    return [action]


def random_story(rng: random.Random) -> list[list[Any]]:
    """Return what happens to one order: often an order that is paid in full, else anything."""
    if rng.random() < 0.35:
        choices = [*USUAL, *LATER, ["settle"]]
        return [completed(rng, rng.choice(choices)[0], {}) for _ in range(rng.randint(1, 7))]
    lines = {item: rng.choice([1, 2, 3, 10, 11]) for item in rng.sample(list(PRICES), rng.randint(1, 2))}
    story: list[list[Any]] = [["add", item, quantity] for item, quantity in lines.items()]
    goods = sum(round(q * PRICES[item] * (0.95 if q >= 10 else 1) + 0.001) for item, q in lines.items())
    total = goods + (490 if goods < 5000 else 0)
    first = rng.choice([0, 0, 1, total // 2])
    story += [["place"], *([["pay", first]] if first else []), ["pay", total - first + rng.choice([0, 0, 0, 0, 1, -1])]]
    story += [["ship"], ["receive"]][: rng.randint(0, 2)]
    return story + [completed(rng, rng.choice(LATER)[0], lines) for _ in range(rng.randint(0, 3))]


def random_waits(rng: random.Random) -> list[list[Any]]:
    """Return the events of up to four orders that are placed, many of them with equal amounts."""
    events: list[list[Any]] = []
    for name in rng.sample("abcdef", rng.randint(2, 4)):
        events += [[name, "add", rng.choice(["tea", "tea", "pot"]), 1], [name, "place"]]
        if rng.random() < 0.3:
            events.append([name, "pay", 100])
    return events


def random_call(rng: random.Random) -> Call:
    """Return a call with up to three orders, whose events are mixed."""
    if rng.random() < 0.12:
        return Call("order_workflow.waiting_for", [PRICES, random_waits(rng)])
    stories = {name: random_story(rng) for name in rng.sample("abc", rng.randint(1, 3))}
    events: list[list[Any]] = []
    while stories:
        name = rng.choice(list(stories))
        events.append([name, *stories[name].pop(0)])
        if not stories[name]:
            del stories[name]
    cut = rng.choice([len(events), len(events), rng.randint(0, len(events))])
    function = rng.choice(["process", "process", "process", "waiting_for"])
    return Call(f"order_workflow.{function}", [PRICES, events[:cut]])
