"""A limit on how fast clients may send requests."""

from typing import Any

from .limits import Limit, new_limit
from .rules import read_rule

ANYONE = "*"


class RequestError(ValueError):
    """A request that cannot be judged."""


def judge(rules: dict[str, list[str]], requests: list[list[Any]]) -> list[int | None]:
    """Return for each request 0 if it is allowed, else after how many milliseconds it would be, or None if never.

    A request is allowed if all rules of its client allow it; only then it counts, for all of them. The answer to a
    refused one is the longest of the times that its rules ask for, none of which knows of the others.

    Args:
        rules: texts as `read_rule` takes them, by client; those of `*` hold for each client that is not named, and for
            each of them alone.
        requests: [time in milliseconds, client] or [time, client, cost], in the order of time; a cost is 1 if it is
            missing.

    Raises:
        RuleError: a rule is not valid.
        RequestError: a time is before the one of the request before, a cost is below 1, or a client has no rules.
    """
    read = {client: [read_rule(text) for text in texts] for client, texts in rules.items()}
    limits: dict[str, list[Limit]] = {}
    answers: list[int | None] = []
    clock = 0
    for now, client, *rest in requests:
        cost = rest[0] if rest else 1
        own = read.get(client, read.get(ANYONE))
        if now < clock or cost < 1 or own is None:
            raise RequestError(f"cannot judge a request of {client} at {now} for {cost}")
        clock = now
        if any(cost > rule.burst for rule in own):
            answers.append(None)
            continue
        if client not in limits:
            limits[client] = [new_limit(rule, now) for rule in own]
        wait = max((limit.wait(cost, now) for limit in limits[client]), default=0)
        if wait == 0:
            for limit in limits[client]:
                limit.spend(cost, now)
        answers.append(wait)
    return answers
