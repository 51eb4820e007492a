"""Random sequences of queries and updates, and what a right program prints for them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import gcd
from typing import NamedTuple

QUERY, UPDATE = 1, 2


class Operation(NamedTuple):
    """`QUERY l r` or `UPDATE p x`, all counted from 1."""

    kind: int
    first: int
    second: int


@dataclass(frozen=True)
class History:
    """An array and what is done to it, one operation after another."""

    values: tuple[int, ...]
    operations: tuple[Operation, ...]

    def text(self) -> str:
        """Return what the program reads."""
        head = f"{len(self.values)} {len(self.operations)}\n{' '.join(map(str, self.values))}\n"
        return head + "".join(f"{kind} {first} {second}\n" for kind, first, second in self.operations)

    def windows(self, places: Container[int] | None = None) -> Iterator[list[int]]:
        """Yield the values in the range of each query, as they are at its time.

        Args:
            places: of the queries that are wanted, from 0; by default all.
        """
        values = list(self.values)
        place = 0
        for kind, first, second in self.operations:
            if kind == UPDATE:
                values[first - 1] = second
                continue
            if places is None or place in places:
                yield values[first - 1 : second]
            place += 1

    @property
    def queries(self) -> int:
        """How many of the operations are queries."""
        return sum(operation.kind == QUERY for operation in self.operations)


def by_definition(window: Sequence[int], divisor: int) -> int:
    """Return how many pairs have that greatest common divisor, pair by pair."""
    return sum(gcd(x, y) == divisor for x, y in combinations(window, 2))


def by_moebius(window: Sequence[int], divisor: int) -> int:
    """Return the same for a long window: the sum over d of mu(d) C(number of values that d * divisor divides, 2)."""
    counts = Counter(value // divisor for value in window if value % divisor == 0)
    largest = max(counts, default=0)
    # Rounded up, so that few tables are ever made.
    mu = moebius(1 << largest.bit_length())
    number = [counts[value] for value in range(largest + 1)]
    multiples = ((mu[d], sum(number[d::d])) for d in range(1, largest + 1) if mu[d])
    return sum(sign * count * (count - 1) // 2 for sign, count in multiples)


@lru_cache(maxsize=24)
def moebius(size: int) -> Sequence[int]:
    """Return mu(0) (which is 0) to mu(size - 1)."""
    mu = [0, 1] + [0] * (size - 2)
    for d in range(1, size):
        if mu[d]:
            for multiple in range(2 * d, size, d):
                mu[multiple] -= mu[d]
    return mu


def small(
    rng: random.Random,
    divisor: int,
    *,
    sizes: Sequence[int] = (1, 2, 3, 10, 40),
    factors: Sequence[int] = (1, 3, 12, 60),
    most_operations: int = 60,
) -> History:
    """Draw a history that can be judged by definition.

    Args:
        rng: the only source of chance.
        divisor: nine in ten values are multiples of it.
        sizes: how many values there may be.
        factors: what the largest value may be, divided by the divisor.
        most_operations: how many operations there may be.
    """
    size, largest = rng.choice(sizes), divisor * rng.choice(factors)
    operations = tuple(_anywhere(rng, size, largest) for _ in range(rng.randint(1, most_operations - 1)))
    # The last one is a query, so that every history has one.
    left, right = sorted((rng.randint(1, size), rng.randint(1, size)))
    values = tuple(_value(rng, divisor, largest) for _ in range(size))
    return History(values, (*operations, Operation(QUERY, left, right)))


def large(rng: random.Random, divisor: int, size: int, largest: int) -> History:
    """Draw a history of `size` values and operations that is slow to answer query by query.

    Most ranges are nearly one of the array's halves, so that they are long and neighbours in time have nothing in
    common; sorted by their ends, they are near one another.
    """
    values = tuple(_value(rng, divisor, largest) for _ in range(size))
    return History(values, tuple(_far_apart(rng, divisor, size, largest) for _ in range(size)))


def _value(rng: random.Random, divisor: int, largest: int) -> int:
    """Draw a value; nine in ten are multiples of the divisor that is asked for."""
    return divisor * rng.randint(1, largest // divisor) if rng.random() < 0.9 else rng.randint(1, largest)


def _anywhere(rng: random.Random, size: int, largest: int) -> Operation:
    if rng.random() < 0.4:
        return Operation(UPDATE, rng.randint(1, size), rng.randint(1, largest))
    left, right = sorted((rng.randint(1, size), rng.randint(1, size)))
    return Operation(QUERY, left, right)


def _far_apart(rng: random.Random, divisor: int, size: int, largest: int) -> Operation:
    if rng.random() < 0.5:
        return Operation(UPDATE, rng.randint(1, size), _value(rng, divisor, largest))
    if rng.random() < 0.15:
        left, right = sorted((rng.randint(1, size), rng.randint(1, size)))
        return Operation(QUERY, left, right)
    half = rng.choice([0, size // 2])
    return Operation(QUERY, half + rng.randint(1, size // 10), half + size // 2 - rng.randint(0, size // 10))
