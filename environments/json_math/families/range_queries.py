"""Range queries on an array that changes, answered by simulation; at high levels each range depends on an answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb, gcd

from agentgym.environments.json_math.problem import Part, Problem, integer, integers

PARTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6}
SIZES = {1: (5, 7), 2: (6, 9), 3: (9, 13), 4: (12, 18), 5: (18, 28)}
OPERATIONS = {1: 1, 2: 3, 3: 5, 4: 8, 5: 14}
LARGEST = {1: 20, 2: 30, 3: 60, 4: 99, 5: 199}

CHAIN = 'In operations, "last" is the answer of the latest query before, or 0 if there is none; l is meant for its line only.'


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; two of the queries and one of the updates are held out, and stand in every held-out problem."""
    simulation = Simulation(rng, level, held_out)
    start = list(simulation.array)
    count = OPERATIONS[level]
    for step in range(count):
        # Something must be asked first and last, lest an update be of no account.
        is_query = step in (0, count - 1) or (step != 1 and rng.random() < 0.5)
        simulation.query() if is_query else simulation.update()
    opening = (
        f"Let A be the array {start}, with positions from 1 to {len(start)}. A[l..r] are its numbers at the positions "
    )
    opening += "l to r, both included. "
    if level == 1:
        return Problem(f"{opening}Find {simulation.lines[0]}.", [integer("answer", "", simulation.answers[0])])
    lines = [f"{number}. {line}" for number, line in enumerate(simulation.lines, start=1)]
    rule = CHAIN if simulation.chained else ""
    statement = "\n".join(filter(None, [f"{opening}These operations are done in order:", *lines, rule]))
    return _problem(rng, level, statement, simulation)


@dataclass
class Simulation:
    """An array, what was done to it, and what was answered.

    Attributes:
        rng: the source of chance.
        level: from 1 to 5.
        held_out: draw from the queries and updates that are held out, too.
        array: the array as it is now.
        lines: the operations done, as text.
        answers: the answers of the queries.
        versions: the array after each operation.
        pairs: the pairs of positions in the ranges of queries, added up.
        coprime: how many of these pairs held coprime numbers when they were asked for.
    """

    rng: random.Random
    level: int
    held_out: bool
    array: list[int] = field(init=False)
    lines: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    versions: list[list[int]] = field(default_factory=list)
    pairs: int = 0
    coprime: int = 0

    def __post_init__(self) -> None:
        """Draw the array."""
        size = self.rng.randint(*SIZES[self.level])
        self.array = [self.rng.randint(1, LARGEST[self.level]) for _ in range(size)]
        # Numbers that occur twice make a difference to distinct and to k-th smallest ones.
        for _ in range(size // 4):
            self.array[self.rng.randrange(size)] = self.rng.choice(self.array)

    @property
    def chained(self) -> bool:
        """Whether ranges depend on answers."""
        return self.level > 3

    def query(self) -> None:
        """Ask for something about a range."""
        length = self.rng.randint(max(3, len(self.array) // 3), len(self.array) - 1)
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
            shift = self.rng.randrange(len(self.array))
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
            f"start with c = 0, and for each of the answers in order replace c by ({base} c + answer) mod {modulus}; the "
            "last c",
            checksum,
        ),
        *(_version(rng, simulation) if level == 4 else _pairs(simulation)),
    ]
    return Problem(statement, parts, {"pairs": [["coprime"], ["others"]]}).first(PARTS[level])


def _version(rng: random.Random, simulation: Simulation) -> list[Part]:
    number = rng.randint(2, len(simulation.versions) - 1)
    version = simulation.versions[number - 1]
    return [integers("version", f"the array right after operation {number}", version, is_reason=True)]


def _pairs(simulation: Simulation) -> list[Part]:
    every = "over all queries, whatever they ask for, the number of pairs of positions i < j in the query's range"
    others = simulation.pairs - simulation.coprime
    return [
        integer("pairs", f"the sum, {every}", simulation.pairs, is_reason=True),
        integer(
            "coprime",
            "how many of these pairs have coprime numbers A[i] and A[j] at the time of the query, summed over all queries",
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
    return f"number {k} of {name} sorted ascending, with repeats", sorted(values)[k - 1]


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
    return f"move the last number of {name} before its first one, the others of these one place on", [
        values[-1],
        *values[:-1],
    ]


QUERIES: Sequence[Query] = (_sum, _greatest, _between, _coprime_pairs, _distinct, _smallest)
HELD_OUT_QUERIES: Sequence[Query] = (_inversions, _alternating)
UPDATES: Mapping[str, Callable[[list[int], int, str], Changed]] = {"set": _set, "add": _add, "reverse": _reverse}
HELD_OUT_UPDATES: Mapping[str, Callable[[list[int], int, str], Changed]] = {"rotate": _rotate}
ALL_UPDATES = {**UPDATES, **HELD_OUT_UPDATES}
