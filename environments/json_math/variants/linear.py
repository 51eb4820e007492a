"""Other solutions of linear equations, and lists that nearly solve them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from pydantic import JsonValue

from agentgym.environments.json_math.variants import values


def another(gold: Sequence[int], check: Mapping[str, Any], rng: random.Random) -> list[int]:
    """Return a solution: gold and a random integer vector of the kernel."""
    found = list(gold)
    for vector in kernel(check["rows"]):
        times = rng.randint(-3, 3)
        found = [x + times * v for x, v in zip(found, vector, strict=True)]
    if not any(check["right"]):
        times = rng.choice([-2, -1, 2, 3])
        found = [times * x for x in found]
    found = [x % check["modulus"] for x in found] if check["modulus"] else found
    return found if solves(found, check) else list(gold)


def missed(gold: list[JsonValue], check: Mapping[str, Any], rng: random.Random) -> values.Missed | None:
    """Return what is nearly a solution; None if it is one after all."""
    modulus, place = check["modulus"], rng.randrange(len(gold))
    if modulus and rng.random() < 0.2:
        shifts = [int(str(x)) + (modulus if i == place else 0) for i, x in enumerate(gold)]
        return list(shifts), "not reduced"
    if not any(check["right"]) and rng.random() < 0.2:
        return [0] * len(gold), "zero"
    value, how = values.missed(gold, rng)
    plain = isinstance(value, list) and len(value) == len(gold) and all(type(x) is int for x in value)
    return None if plain and solves([int(str(x)) for x in value], check) else (value, how)  # type: ignore[union-attr]


def solves(found: Sequence[int], check: Mapping[str, Any]) -> bool:
    """Tell whether a list solves the equations and is not all 0 where that always would."""
    modulus = check["modulus"]
    sums = [sum(a * x for a, x in zip(row, found, strict=True)) - b for row, b in zip(*equations(check), strict=True)]
    reduced = not modulus or all(0 <= x < modulus for x in found)
    return reduced and not any(s % modulus if modulus else s for s in sums) and (any(check["right"]) or any(found))


def equations(check: Mapping[str, Any]) -> tuple[list[list[int]], list[int]]:
    """Return the rows of coefficients and the right-hand sides."""
    return check["rows"], check["right"]


def kernel(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return integer vectors that span, over the rationals, all x with rows x = 0."""
    reduced = [[Fraction(x) for x in row] for row in rows]
    pivots: list[int] = []
    width = len(rows[0])
    for column in range(width):
        height = len(pivots)
        pivot = next((i for i in range(height, len(reduced)) if reduced[i][column]), None)
        if pivot is None:
            continue
        reduced[height], reduced[pivot] = reduced[pivot], reduced[height]
        top = [x / reduced[height][column] for x in reduced[height]]
        reduced = [
            top if i == height else [x - row[column] * y for x, y in zip(row, top, strict=True)]
            for i, row in enumerate(reduced)
        ]
        pivots.append(column)
    free = [column for column in range(width) if column not in pivots]
    return [_integers([_entry(reduced, pivots, column, f) for column in range(width)]) for f in free]


def _entry(reduced: Sequence[Sequence[Fraction]], pivots: Sequence[int], column: int, free: int) -> Fraction:
    return -reduced[pivots.index(column)][free] if column in pivots else Fraction(column == free)


def _integers(vector: Sequence[Fraction]) -> list[int]:
    scale = lcm(*(x.denominator for x in vector))
    return [int(x * scale) for x in vector]
