"""The kinds of number-theory problems that Euclid's algorithm solves: quotients, Bezout, Pell, Farey neighbours."""

from __future__ import annotations

import random
from fractions import Fraction
from math import gcd, isqrt

from agentgym.environments.json_math.divisibility import bezout, continued_fraction, convergents, root_period, totient
from agentgym.environments.json_math.problem import Problem, fraction, integer, integers, solution

EXPANSION = "a0 + 1/(a1 + 1/(a2 + ...)), where a1, a2, ... are positive integers"


def euclid(rng: random.Random, level: int) -> Problem:
    """Two integers with a common divisor."""
    size = {1: 40, 2: 300, 3: 2_000, 4: 30_000, 5: 10**6}[level]
    divisor = rng.randint(2, 9 + 5 * level)
    while True:
        u, v = rng.randint(size // 4, size), rng.randint(size // 8, size)
        if gcd(u, v) == 1 and len(continued_fraction(u, v)) > 2:
            break
    a, b = u * divisor, v * divisor
    g, x, y = bezout(a, b)
    parts = [
        integers(
            "quotients",
            f"the list [a0, a1, ...] of the continued fraction {a}/{b} = {EXPANSION} and the last one is at least 2",
            continued_fraction(a, b),
        ),
        integer("gcd", f"the greatest common divisor g of {a} and {b}", g, is_reason=True),
        solution("bezout", f"any integers [x, y] with {a} x + {b} y = g", [x, y], rows=[[a, b]], right=[g]),
        integer("least", f"the least x > 0 for which {a} x - g is a multiple of {b}", x % v or v),
        integer(
            "largest_missed",
            f"the largest multiple of g that is not {a} x + {b} y for any integers x, y >= 0",
            g * (u * v - u - v),
        ),
    ]
    return Problem(f"Let a = {a} and b = {b}.", parts)


def pell(rng: random.Random, level: int) -> Problem:
    """The continued fraction of a square root and the least solutions of Pell's equation."""
    largest, least_period, greatest_period = {
        1: (99_999, 1, 99_999),
        2: (5_000, 2, 8),
        3: (5_000, 4, 10),
        4: (20_000, 8, 16),
        5: (99_999, 12, 30),
    }[level]
    while True:
        d = rng.randint(11, largest)
        if isqrt(d) ** 2 != d and least_period <= len(root_period(d)[1]) <= greatest_period:
            break
    whole, period = root_period(d)
    count = rng.randint(3, 5) if level == 1 else rng.randint(5, 9)
    quotients = [whole, *(period * count)][:count]
    repeats = 2 if len(period) % 2 else 1
    x, y = convergents([whole, *(period * repeats)[:-1]])[-1]
    parts = [
        integers(
            "quotients",
            f"the list [a0, ..., a{count - 1}] of the first terms of the continued fraction sqrt({d}) = {EXPANSION}",
            quotients,
        ),
        integer("x", f"the least integer x > 1 for which some integer y has x^2 - {d} y^2 = 1", x),
        integer("y", "the y > 0 that belongs to this x", y),
        integer("period", "the length of the least period of a1, a2, ...", len(period), is_reason=True),
        integer("next_y", "the y that belongs to the second least such x", 2 * x * y),
    ]
    return Problem(f"Let D = {d}.", parts, {"next_y": [["x", "y"], ["x", "y"]]})


def farey(rng: random.Random, level: int) -> Problem:
    """A fraction, its neighbours in a Farey sequence, and the way to it in the Stern-Brocot tree."""
    size = {1: 30, 2: 50, 3: 150, 4: 600, 5: 2_000}[level]
    largest = rng.randint(size // 2, size)
    while True:
        b = rng.randint(max(3, largest // 3), largest)
        a = rng.randint(2, b - 1)
        if gcd(a, b) == 1 and a < b - 1:
            break
    path = continued_fraction(a, b)
    turns = [*path[:-1], path[-1] - 1]
    parts = [
        fraction("next", f"the least of these fractions above {a}/{b}", _neighbour(a, b, largest, above=True)),
        fraction("previous", f"the largest of these fractions below {a}/{b}", _neighbour(a, b, largest, above=False)),
        integer("terms", "how many of these fractions there are", 1 + sum(totient(n) for n in range(1, largest + 1))),
        integers(
            "path",
            f"the way down from 1/1 to {a}/{b} in the Stern-Brocot tree, where a left child is less than its parent, a "
            "right child greater: the list of how many steps go right, then left, then right and so on; it begins "
            "with those to the right, which may be 0, and ends with the last steps",
            turns,
            is_reason=True,
        ),
        integer("depth", "the number of steps of this way", sum(turns), is_reason=True),
    ]
    statement = (
        f"Consider the fractions from 0 to 1 in lowest terms with denominators up to {largest}, 0/1 and 1/1 included."
    )
    return Problem(statement, parts)


def _neighbour(a: int, b: int, largest: int, *, above: bool) -> Fraction:
    """Return the neighbour p/q of a/b: p b - a q is 1 above and -1 below, and q is as large as can be."""
    sign = 1 if above else -1
    q = -sign * pow(a, -1, b) % b
    q += (largest - q) // b * b
    return Fraction(a * q + sign, b * q)
