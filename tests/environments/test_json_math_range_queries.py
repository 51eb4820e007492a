"""Range queries: gold against a second simulation, which reads nothing but the statement."""

import re
from collections.abc import Callable
from itertools import combinations
from math import gcd
from random import Random
from typing import NamedTuple

import pytest
from json_math_answers import check_draws, check_parts, gold

from agentgym.environments.json_math.families import range_queries
from agentgym.environments.json_math.problem import Problem

SEEDS = range(40)


class Replay(NamedTuple):
    """What comes of the operations of a statement."""

    answers: list[int]
    versions: list[dict[int, int]]
    pairs: int
    coprime: int


def number_pairs(a: dict[int, int], is_counted: Callable[[int, int], bool]) -> int:
    return sum(is_counted(a[i], a[j]) for i, j in combinations(sorted(a), 2))


def answer(text: str, part: dict[int, int]) -> int:
    values = [part[i] for i in sorted(part)]
    match re.sub(r"A\[\S*\]", "*", text).split():
        case ["the", "sum", "of", "*"]:
            return sum(values)
        case ["the", "greatest", "number", "minus", *_]:
            return sorted(values)[-1] - sorted(values)[0]
        case ["how", "many", "of", "the", "numbers", "*", "are", "from", low, "to", high]:
            return sum(x in range(int(low), int(high) + 1) for x in values)
        case ["how", "many", "different", *_]:
            return sum(x not in values[:i] for i, x in enumerate(values))
        case ["the", "number", "in", "place", k, "when", "*", "is", "sorted", "ascending,", "repeats", "kept"]:
            return next(x for x in values if sum(y < x for y in values) < int(k) <= sum(y <= x for y in values))
        case ["the", "first", "number", "of", *_]:
            return sum(-x if i % 2 else x for i, x in enumerate(values))
    if text.endswith("A[i] > A[j]"):
        return number_pairs(part, lambda x, y: x > y)
    assert text.endswith("gcd(A[i], A[j]) = 1"), text
    return number_pairs(part, lambda x, y: gcd(x, y) == 1)


def change(text: str, part: dict[int, int]) -> dict[int, int]:
    places = sorted(part)
    if text.startswith("set"):
        return {places[0]: int(text.split()[-1])}
    if text.startswith("add"):
        return {i: x + int(text.split()[1]) for i, x in part.items()}
    if text.startswith("reverse"):
        return {i: part[places[0] + places[-1] - i] for i in places}
    assert text.startswith("move the last"), text
    return {i: part[i - 1 if i > places[0] else places[-1]] for i in places}


def replay(statement: str) -> Replay:
    array = [int(x) for x in re.findall(r"array \[(.*?)\]", statement)[0].split(", ")]
    a = dict(enumerate(array, start=1))
    lines = re.findall(r"^\d+\. (.*)$", statement, flags=re.MULTILINE) or [statement.partition("Find ")[2].strip(".")]
    result = Replay([], [dict(a)], 0, 0)
    for line in lines:
        given = re.match(r"with l = 1 \+ \(\(last \+ (\d+)\) mod (\d+)\), ", line)
        text = line[given.end() :] if given else line
        last = result.answers[-1] if result.answers else 0
        span = re.findall(r"A\[([^\]ij]+)\]", text)[0]
        if given:
            span = span.replace("l", str(1 + (last + int(given[1])) % int(given[2])))
        first, *ends = (added(end) for end in span.split(".."))
        part = {i: a[i] for i in range(first, (ends or [first])[0] + 1)}
        if text.startswith("query: ") or len(lines) == 1:
            result.answers.append(answer(text.removeprefix("query: "), part))
            count = len(part) * (len(part) - 1) // 2
            coprime = number_pairs(part, lambda x, y: gcd(x, y) == 1)
            result = result._replace(pairs=result.pairs + count, coprime=result.coprime + coprime)
        else:
            a |= change(text, part)
        result.versions.append(dict(a))
    return result


def added(text: str) -> int:
    return sum(int(term) for term in text.split("+"))


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_a_second_simulation_agrees(level: int, held_out: bool) -> None:
    for seed in SEEDS:
        problem = range_queries.draw(Random(seed), level, held_out=held_out)
        right, found = gold(problem), replay(problem.statement)
        assert found.answers == (right["answers"] if level > 1 else [right["answer"]])
        if level > 1:
            assert right["array"] == list(found.versions[-1].values())
        if level > 2:
            assert right["checksum"] == checksum(problem, found.answers)
        if level == 4:
            number = int(problem.parts[3].ask.split()[-1])
            assert right["version"] == list(found.versions[number].values())
        if level == 5:
            assert (right["pairs"], right["coprime"]) == (found.pairs, found.coprime)
            assert right["pairs"] == right["coprime"] + right["others"]


def checksum(problem: Problem, answers: list[int]) -> int:
    base, modulus = (int(text) for text in re.findall(r"\((\d+) c \+ answer\) mod (\d+)", problem.parts[2].ask)[0])
    return sum(value * pow(base, k, modulus) for k, value in enumerate(reversed(answers))) % modulus


def test_every_query_and_update_occurs() -> None:
    seen = " ".join(range_queries.draw(Random(seed), 5, held_out=True).statement for seed in SEEDS)
    for words in ("sum of", "greatest", "are from", "different", "sorted", "gcd", "> A[j]", "alternating"):
        assert words in seen
    for words in ("set A", "add ", "reverse", "move the last"):
        assert words in seen


def test_what_is_held_out_is_never_trained_on() -> None:
    held_out = re.compile(r"> A\[j\]|alternating|move the last")
    for level in range(1, 6):
        for seed in SEEDS:
            assert held_out.search(range_queries.draw(Random(seed), level, held_out=True).statement)
            assert not held_out.search(range_queries.draw(Random(seed), level, held_out=False).statement)


def test_ranges_of_high_levels_hang_on_answers() -> None:
    for seed in SEEDS:
        statement = range_queries.draw(Random(seed), 5, held_out=False).statement
        assert all("mod" in line for line in re.findall(r"^\d+\. .*$", statement, flags=re.MULTILINE))
        mistaken = statement.replace("(last + ", "(last + 1")
        assert replay(mistaken).answers != replay(statement).answers


@pytest.mark.parametrize("held_out", [False, True])
def test_gold_passes_and_a_change_of_any_part_does_not(held_out: bool) -> None:
    for level in range(1, 6):
        check_parts(range_queries.draw(Random(level), level, held_out=held_out))


def test_levels_differ_and_draws_hardly_repeat() -> None:
    check_draws(range_queries.draw, range_queries.PARTS)
