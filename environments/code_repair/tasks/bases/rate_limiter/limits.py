"""Limits that remember what one client has asked for."""

from abc import ABC, abstractmethod

from .rules import Rule


class Limit(ABC):
    """What a rule allows one client; times are in milliseconds and never go back."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    @abstractmethod
    def wait(self, cost: int, now: int) -> int:
        """Return after how many milliseconds a request of this cost is allowed; 0 means now.

        The cost is at least 1 and at most the rule's burst.
        """

    @abstractmethod
    def spend(self, cost: int, now: int) -> None:
        """Count a request that was allowed."""


class Bucket(Limit):
    """A bucket of tokens, full at first, into which the limit drips evenly during each period."""

    def __init__(self, rule: Rule, now: int) -> None:
        super().__init__(rule)
        self._drops = rule.burst * rule.period  # one token is as many drops as the period has milliseconds
        self._filled = now

    def wait(self, cost: int, now: int) -> int:
        """Return how long it takes until the bucket holds enough."""
        missing = cost * self._rule.period - self._level(now)
        return max(0, -(-missing // self._rule.limit))

    def spend(self, cost: int, now: int) -> None:
        """Take the tokens out."""
        self._drops = self._level(now) - cost * self._rule.period
        self._filled = now

    def _level(self, now: int) -> int:
        dripped = (now - self._filled) * self._rule.limit
        return min(self._drops + dripped, self._rule.burst * self._rule.period)


class Window(Limit):
    """A window of one period that slides along: what was spent counts until a period later."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._spent: list[tuple[int, int]] = []

    def wait(self, cost: int, now: int) -> int:
        """Return how long it takes until enough has left the window."""
        self._spent = [(when, spent) for when, spent in self._spent if when + self._rule.period > now]
        used = sum(spent for _, spent in self._spent)
        moment = now
        for when, spent in self._spent:
            if used + cost <= self._rule.limit:
                break
            used -= spent
            moment = when + self._rule.period
        return moment - now

    def spend(self, cost: int, now: int) -> None:
        """Count the tokens from now on."""
        self._spent.append((now, cost))


def new_limit(rule: Rule, now: int) -> Limit:
    """Return the limit for a client that comes for the first time."""
    return Bucket(rule, now) if rule.kind == "bucket" else Window(rule)
