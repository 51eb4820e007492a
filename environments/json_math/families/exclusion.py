"""Counts by inclusion and exclusion: distributions, permutations that move elements, bounded solutions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations
from math import comb, factorial

from agentgym.environments.json_math.problem import Part, Problem, closed_form, integer, integers

NAMES = ("Ana", "Bo", "Caio", "Dina", "Emil", "Fay", "Gus", "Hana", "Ivo", "Juno", "Kai", "Lea", "Max", "Nora", "Otto")
THINGS = ("books", "coins", "keys", "letters", "stamps", "tickets")
PEOPLE = {1: (2, 3), 2: (3, 4), 3: (4, 5), 4: (5, 6), 5: (6, 8)}
GIVEN = {1: (2, 5), 2: (4, 6), 3: (6, 8), 4: (8, 11), 5: (11, 16)}
ELEMENTS = {1: (3, 5), 2: (5, 6), 3: (6, 8), 4: (8, 11), 5: (11, 16)}
MOVED = {1: (1, 3), 2: (2, 4), 3: (3, 5), 4: (4, 6), 5: (5, 7)}
UNKNOWNS = {1: (2, 2), 2: (3, 3), 3: (3, 4), 4: (4, 5), 5: (5, 6)}
WIDTHS = {1: (2, 9), 2: (3, 8), 3: (4, 9), 4: (4, 12), 5: (6, 15)}


def hands(rng: random.Random, level: int) -> Problem:
    """Distinct things given to people, some of whom must not go away empty-handed."""
    people, things = rng.randint(*PEOPLE[level]), rng.randint(*GIVEN[level])
    names = rng.sample(NAMES, people)
    eager = rng.randint(1 if level < 4 else people // 2, min(people, things))
    what, all_ways = rng.choice(THINGS), people**things
    terms = [(-1) ** j * comb(eager, j) * (people - j) ** things for j in range(eager + 1)]
    statement = (
        f"{things} different {what} are given to {', '.join(names)}; each of the {what} goes to one of "
        f"these {people}.\nA way of giving is fair when each of these gets at least one: {', '.join(names[:eager])}."
    )
    bases = [(comb(eager, j) * (-1) ** j, people - j) for j in range(eager + 1) if j < people]
    closed = closed_form(
        "closed_form",
        f"the number of fair ways with n different {what} instead of {things}, for every n >= 1",
        _added([(count, f"{base}^n") for count, base in bases]),
        first_n=1,
    )
    return _counted("fair ways", "ways of giving, fair or not", sum(terms), all_ways, terms, closed, statement)


def moved(rng: random.Random, level: int) -> Problem:
    """Permutations that leave no element of a set in its place."""
    size = rng.randint(*ELEMENTS[level])
    count = min(rng.randint(*MOVED[level]), size)
    marked, shift = sorted(rng.sample(range(1, size + 1), count)), rng.randint(0, 30)
    terms = [(-1) ** j * comb(count, j) * factorial(size - j) for j in range(count + 1)]
    statement = (
        f"p is a permutation of {shift + 1}, {shift + 2}, ..., {shift + size}. It is good when p(i) is not i "
        f"for each i of {', '.join(str(shift + i) for i in marked)}; other i may stay in their places."
    )
    pieces = [((-1) ** j * comb(count, j), f"factorial(n - {j})" if j else "factorial(n)") for j in range(count + 1)]
    closed = closed_form(
        "closed_form",
        f"the number of good permutations of {shift + 1}, ..., {shift} + n, for the same i and every n >= {marked[-1]}",
        _added(pieces),
        first_n=marked[-1],
    )
    total = factorial(size)
    return _counted("good permutations", "permutations, good or not", sum(terms), total, terms, closed, statement)


def bounded(rng: random.Random, level: int) -> Problem:
    """Solutions of a linear equation with bounds on every unknown."""
    while True:
        count = rng.randint(*UNKNOWNS[level])
        low = [rng.randint(0, 4) for _ in range(count)]
        high = [least + rng.randint(*WIDTHS[level]) for least in low]
        total = rng.randint(sum(low) + 2, (sum(low) + sum(high)) // 2 + 1)
        terms = _bound_terms(low, high, total)
        if sum(terms) > 1 and (level == 1 or terms[1] < 0):
            break
    names = [f"x{i}" for i in range(1, count + 1)]
    bounds = ", ".join(f"{a} <= {name} <= {b}" for a, name, b in zip(low, names, high, strict=True))
    statement = (
        f"Integers {', '.join(names)} have the sum {' + '.join(names)} = {total}.\n"
        f"A solution keeps these bounds: {bounds}."
    )
    broken = [_free(total - sum(low) - (b - a + 1), count) for a, b in zip(low, high, strict=True)]
    over = integers(
        "over",
        "for each unknown, in order, the number of ways in which it exceeds its upper bound, when every lower bound is "
        "kept and the other upper bounds are ignored",
        broken,
        is_reason=True,
    )
    every = _free(total - sum(low), count)
    return _counted("solutions", "ways that keep every lower bound", sum(terms), every, terms, over, statement)


def _bound_terms(low: Sequence[int], high: Sequence[int], total: int) -> list[int]:
    """Return the signed terms of inclusion and exclusion, by the number of upper bounds that are exceeded."""
    over = [b - a + 1 for a, b in zip(low, high, strict=True)]
    rest = total - sum(low)
    return [
        (-1) ** j * sum(_free(rest - sum(chosen), len(low)) for chosen in combinations(over, j))
        for j in range(len(low) + 1)
    ]


def _free(total: int, count: int) -> int:
    """Return how many lists of `count` integers from 0 up have a sum."""
    return comb(total + count - 1, count - 1) if total >= 0 else 0


def _counted(what: str, whole: str, good: int, every: int, terms: Sequence[int], last: Part, statement: str) -> Problem:
    """Return a problem that asks for a count, its complement, the terms, and one thing more."""
    parts = [
        integer("good", f"the number of {what}", good),
        integer("all", f"the number of all {whole}", every, is_reason=True),
        integers(
            "terms",
            "the terms of the inclusion-exclusion sum for good, with their signs: term j = 0, 1, 2, ... is (-1)^j "
            f"times the sum, over every choice of j of the {len(terms) - 1} conditions for good, of how many of all "
            "break at least these j; terms that are 0 are listed too",
            terms,
            is_reason=True,
        ),
        integer("bad", "all minus good", every - good, is_reason=True),
        last,
    ]
    return Problem(statement, parts, {"all": [["good"], ["bad"]]})


def _added(pieces: Sequence[tuple[int, str]]) -> str:
    """Return a sum of multiples as text."""
    text = " + ".join(f"{count}*{piece}" if count != 1 else piece for count, piece in pieces)
    return text.replace("+ -", "- ")
