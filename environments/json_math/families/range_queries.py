"""Range queries on an array that changes, answered by simulation; at high levels each range depends on an answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import comb, gcd

from agentgym.environments.json_math.problem import Part, Problem, integer, integers

PARTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6}
SIZES = {1: (5, 7), 2: (6, 9), 3: (9, 13), 4: (12, 18), 5: (18, 28)}
OPERATIONS = {1: 1, 2: 3, 3: 5, 4: 8, 5: 14}
LARGEST = {1: 20, 2: 30, 3: 60, 4: 99, 5: 199}

CHAIN = '"last" is the answer of the latest query above a line, or 0 if there is none; l is meant for its line only.'
REMAINDER = "x mod m is from 0 to m - 1, for negative x too."


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; two of the queries and one of the updates are held out, and stand in every held-out problem."""
    simulation = Simulation(rng, level, held_out=held_out)
    opening = (
        f"Let A be the array {simulation.array}, with positions from 1 to {len(simulation.array)}. "
        "A[l..r] are its numbers at the positions l to r, both included."
    )
    count = OPERATIONS[level]
    for step in range(count):
        # Something must be asked first and last, lest an update be of no account.
        is_query = step in (0, count - 1) or (step != 1 and rng.random() < 0.5)
        simulation.query() if is_query else simulation.update()
    if level == 1:
        return Problem(f"{opening} Find {simulation.lines[0]}.", [integer("answer", "", simulation.answers[0])])
    lines = [f"{number}. {line}" for number, line in enumerate(simulation.lines, start=1)]
    rules = [CHAIN] * simulation.chained + [REMAINDER] * (level > 2)
    statement = "\n".join([opening, "These operations are done in order:", *lines, *rules])
    return _problem(rng, level, statement, simulation)


class Simulation:
    """An array, what was done to it, and what was answered.

    Attributes:
        array: the array as it is now.
        lines: the operations done, as text.
        answers: the answers of the queries.
        versions: the array at first and after each operation.
        pairs: the pairs of positions in the ranges of queries, added up.
        coprime: how many of these pairs held coprime numbers when they were asked for.
    """

    def __init__(self, rng: random.Random, level: int, *, held_out: bool) -> None:
        """Draw the array; held-out queries and updates are drawn only if they are asked for."""
        self.rng, self.level, self.held_out = rng, level, held_out
        size = rng.randint(*SIZES[level])
        self.array = [rng.randint(1, LARGEST[level]) for _ in range(size)]
        # Numbers that occur twice make a difference to distinct and to k-th smallest ones.
        for _ in range(size // 4):
            self.array[rng.randrange(size)] = rng.choice(self.array)
        self.lines: list[str] = []
        self.answers: list[int] = []
        self.versions = [list(self.array)]
        self.pairs = self.coprime = 0

    @property
    def chained(self) -> bool:
        """Whether ranges depend on answers."""
        return self.level > 3

    def query(self) -> None:
        """Ask for something about a range."""
        size = len(self.array)
        length = self.rng.randint(max(3, size // 3), size * 2 // 3 if self.chained else size - 1)
        first, given, name = self._place(length)
        values = self.array[first : first + length]
        fresh = self.held_out and (not self.answers or self.rng.random() < 0.4)
        text, answer = self.rng.choice(HELD_OUT_QUERIES if fresh else QUERIES)(self.rng, values, name)
        self._record(given + ("" if self.level == 1 else "query: ") + text)
        self.answers.append(answer)
        self.pairs += comb(length, 2)
        self.coprime += _coprime(values)

    def update(self) -> None:
        """Change the numbers of a range."""
        updates = list(UPDATES if not self.held_out else HELD_OUT_UPDATES if len(self.lines) == 1 else ALL_UPDATES)
        kind = self.rng.choice(updates)
        length = 1 if kind == "set" else self.rng.randint(3, max(3, len(self.array) // 2))
        first, given, name = self._place(length)
        values = self.array[first : first + length]
        number = self.rng.randint(1, LARGEST[self.level])
        text, changed = ALL_UPDATES[kind](values, number, name)
        self.array[first : first + length] = changed
        self._record(given + text)

    def _place(self, length: int) -> tuple[int, str, str]:
        """Draw a range: its first index from 0, what is to be said before it, and how it is named."""
        choices, end = len(self.array) - length + 1, f"..l+{length - 1}" if length > 1 else ""
        if self.chained:
            shift = self.rng.randrange(1, choices)
            last = self.answers[-1] if self.answers else 0
            return (last + shift) % choices, f"with l = 1 + ((last + {shift}) mod {choices}), ", f"A[l{end}]"
        first = self.rng.randrange(choices)
        return first, "", f"A[{first + 1}..{first + length}]" if length > 1 else f"A[{first + 1}]"

    def _record(self, line: str) -> None:
        self.lines.append(line)
        self.versions.append(list(self.array))


def _problem(rng: random.Random, level: int, statement: str, simulation: Simulation) -> Problem:
    modulus, base = rng.choice([97, 101, 103, 107, 997, 1_009]), rng.randint(2, 60)
    checksum = 0
    for answer in simulation.answers:
        checksum = (checksum * base + answer) % modulus
    parts = [
        integers("answers", "the answers of the queries, in order", simulation.answers),
        integers("array", "the array after all operations", simulation.array),
        integer(
            "checksum",
            f"the last c when c = 0 at first and each of the answers, in order, replaces c by ({base} c + answer) mod "
            f"{modulus}",
            checksum,
        ),
        *(_version(rng, simulation) if level == 4 else _pairs(simulation)),
    ]
    return Problem(statement, parts, {"pairs": [["coprime"], ["others"]]}).first(PARTS[level])


def _version(rng: random.Random, simulation: Simulation) -> list[Part]:
    versions = simulation.versions
    telling = [k for k, version in enumerate(versions) if version not in (versions[0], versions[-1])]
    number = rng.choice(telling or range(1, len(versions)))
    return [integers("version", f"the array right after operation {number}", versions[number], is_reason=True)]


def _pairs(simulation: Simulation) -> list[Part]:
    others = simulation.pairs - simulation.coprime
    return [
        integer(
            "pairs",
            "the sum over all queries of the number of pairs of positions i < j in the query's range",
            simulation.pairs,
            is_reason=True,
        ),
        integer(
            "coprime",
            "the sum over all queries of the number of these pairs with gcd(A[i], A[j]) = 1 when the query is made",
            simulation.coprime,
        ),
        integer("others", "pairs minus coprime", others, is_reason=True),
    ]


def _coprime(values: Sequence[int]) -> int:
    return sum(gcd(x, y) == 1 for x, y in combinations(values, 2))


Answered = tuple[str, int]
Query = Callable[[random.Random, Sequence[int], str], Answered]


def _sum(rng: random.Random, values: Sequence[int], name: str) -> Answered:
    return f"the sum of {name}", sum(values)


def _greatest(rng: random.Random, values: Sequence[int], name: str) -> Answered:
    return f"the greatest number minus the least number of {name}", max(values) - min(values)


def _between(rng: random.Random, values: Sequence[int], name: str) -> Answered:
    low, high = sorted([rng.choice(values), rng.choice(values) + rng.randint(1, 9)])
    return f"how many of the numbers {name} are from {low} to {high}", sum(low <= x <= high for x in values)


def _coprime_pairs(rng: random.Random, values: Sequence[int], name: str) -> Answered:
    return f"how many pairs of positions i < j of {name} have gcd(A[i], A[j]) = 1", _coprime(values)


def _distinct(rng: random.Random, values: Sequence[int], name: str) -> Answered:
    return f"how many different numbers there are among {name}", len(set(values))


def _smallest(rng: random.Random, values: Sequence[int], name: str) -> Answered:
    k = rng.randint(1, len(values))
    return f"the number in place {k} when {name} is sorted ascending, repeats kept", sorted(values)[k - 1]


def _inversions(rng: random.Random, values: Sequence[int], name: str) -> Answered:
    found = sum(x > y for x, y in combinations(values, 2))
    return f"how many pairs of positions i < j of {name} have A[i] > A[j]", found


def _alternating(rng: random.Random, values: Sequence[int], name: str) -> Answered:
    total = sum(values[::2]) - sum(values[1::2])
    return f"the first number of {name} minus the second plus the third and so on, signs alternating", total


Changed = tuple[str, list[int]]


def _set(values: list[int], number: int, name: str) -> Changed:
    return f"set {name} to {number}", [number]


def _add(values: list[int], number: int, name: str) -> Changed:
    return f"add {number} to each of {name}", [x + number for x in values]


def _reverse(values: list[int], number: int, name: str) -> Changed:
    return f"reverse the order of {name}", values[::-1]


def _rotate(values: list[int], number: int, name: str) -> Changed:
    text = f"move the last number of {name} to the place of the first, and each of the others of {name} one place on"
    return text, [values[-1], *values[:-1]]


QUERIES: Sequence[Query] = (_sum, _greatest, _between, _coprime_pairs, _distinct, _smallest)
HELD_OUT_QUERIES: Sequence[Query] = (_inversions, _alternating)
UPDATES: Mapping[str, Callable[[list[int], int, str], Changed]] = {"set": _set, "add": _add, "reverse": _reverse}
HELD_OUT_UPDATES: Mapping[str, Callable[[list[int], int, str], Changed]] = {"rotate": _rotate}
ALL_UPDATES = {**UPDATES, **HELD_OUT_UPDATES}
