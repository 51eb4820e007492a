"""Counting integers that a periodic condition marks, with the cycle that explains the count."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import gcd
from typing import NamedTuple

from agentgym.environments.json_math.problem import Problem, integer, integers

PARTS = {1: 1, 2: 2, 3: 3, 4: 5, 5: 6}
LAST = {1: (20, 60), 2: (50, 200), 3: (100, 500), 4: (200, 1_500), 5: (500, 5_000)}


class Condition(NamedTuple):
    """What marks an integer k, as text and as a function, and a modulus such that k and k + modulus go together."""

    text: str
    modulus: int
    marked: Callable[[int], bool]


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; moduli from 29 up are held out."""
    modulus = rng.randint(29, 47) if held_out else rng.randint(5, 28 if level > 1 else 12)
    factor = rng.choice([a for a in range(2, modulus) if gcd(a, modulus) == 1])
    condition = _condition(rng, factor, modulus, floors=level > 2)
    return count(condition, rng.randint(*LAST[level])).first(PARTS[level])


def count(condition: Condition, last: int) -> Problem:
    """Return how many k from 1 to `last` a condition marks, with the cycle that explains it."""
    marked = condition.marked
    period = _least_period([marked(k) for k in range(condition.modulus)])
    residues = [k for k in range(1, period + 1) if marked(k)]
    full = last // period
    statement = f"An integer k is marked when {condition.text}. Consider k = 1, 2, ..., {last}."
    parts = [
        integer("count", f"how many of the k from 1 to {last} are marked", sum(map(marked, range(1, last + 1)))),
        integer(
            "period",
            "the least P > 0 such that, for every integer k, k and k + P are both marked or both not",
            period,
            is_reason=True,
        ),
        integer("hits_per_period", "how many of the k from 1 to P are marked", len(residues), is_reason=True),
        integer("full_periods", f"floor({last} / P)", full, is_reason=True),
        integer(
            "tail_hits",
            f"how many of the k with floor({last} / P) * P < k <= {last} are marked",
            sum(map(marked, range(full * period + 1, last + 1))),
            is_reason=True,
        ),
        integers("residues", "the marked k from 1 to P, ascending", residues, is_reason=True),
    ]
    relations = {"count": [["full_periods", "hits_per_period"], ["tail_hits"]]}
    return Problem(statement, parts, relations)


def floor_step(factor: int, plus: int, minus: int, modulus: int) -> Condition:
    """Return the condition floor((a k + plus)/m) - floor((a k - minus)/m) = 1."""

    def steps(k: int) -> bool:
        return (factor * k + plus) // modulus - (factor * k - minus) // modulus == 1

    text = f"floor(({factor}k + {plus})/{modulus}) - floor(({factor}k - {minus})/{modulus}) = 1"
    return Condition(text, modulus, steps)


def _condition(rng: random.Random, factor: int, modulus: int, *, floors: bool) -> Condition:
    width = rng.randint(2, modulus - 2)
    if floors and rng.random() < 0.5:
        plus = rng.randint(1, width - 1)
        return floor_step(factor, plus, width - plus, modulus)
    shift = rng.randint(1, modulus - 1)

    def below(k: int) -> bool:
        return (factor * k + shift) % modulus < width

    return Condition(f"({factor}k + {shift}) mod {modulus} < {width}", modulus, below)


def _least_period(marks: list[bool]) -> int:
    """Return the least period of a sequence that repeats with period `len(marks)`."""
    divisors = [p for p in range(1, len(marks) + 1) if len(marks) % p == 0]
    return next(p for p in divisors if marks == marks[p:] + marks[:p])
