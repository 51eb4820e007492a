"""Random sequences of queries and updates, and what a right program prints for them."""

from __future__ import annotations

import random
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import gcd, isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    values = np.asarray(window, dtype=np.int64)
    number = np.bincount(values[values % divisor == 0] // divisor)
    # Rounded up, so that few tables are ever made.
    mu = moebius(1 << len(number).bit_length())[: len(number)]
    multiples = sums_over_multiples(number)
    return int((mu * (multiples * (multiples - 1) // 2)).sum())


def sums_over_multiples(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of `number[d]`, `number[2 * d]`, ... for each d from 1; the place of 0 stays 0."""
    sums = np.zeros_like(number)
    last = len(number) - 1
    # Up to the root there are few d, each with many multiples; from there on, many d with few multiples each.
    root = isqrt(max(last, 0))
    for d in range(1, root + 1):
        sums[d] = number[d::d].sum()
    for times in range(1, last // (root + 1) + 1):
        sums[root + 1 : last // times + 1] += number[times * (root + 1) :: times]
    return sums


@lru_cache(maxsize=24)
def moebius(size: int) -> NDArray[np.int64]:
    """Return mu(0) (which is 0) to mu(size - 1)."""
    mu = np.zeros(size, dtype=np.int64)
    mu[1:2] = 1
    for d in range(1, size):
        if mu[d]:
            mu[2 * d :: d] -= mu[d]
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
