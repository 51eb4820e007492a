"""Finite fields: gold against brute force over all vectors, residues and powers of small primes."""

import re
from collections.abc import Sequence
from itertools import combinations, permutations, product
from math import prod
from random import Random
from typing import Any

import pytest
from json_math_answers import check_draws, check_parts, gold, judge

from agentgym.environments.json_math.families import finite_fields
from agentgym.environments.json_math.problem import Problem

SEEDS = range(12)
Matrix = Sequence[Sequence[int]]


def modulus(problem: Problem) -> int:
    return int(re.findall(r"(?:[Mm]odulo|p =)(?: p =)? (\d+)", problem.statement)[0])


def system(statement: str) -> tuple[list[list[int]], list[str]]:
    lines = [line.split(" = ") for line in statement.splitlines()[1:-1]]
    terms = [re.findall(r"(\d*) ?x(\d)", left) for left, _ in lines]
    count = max(int(name) for row in terms for _, name in row)
    matrix = [[0] * count for _ in lines]
    for row, found in zip(matrix, terms, strict=True):
        for size, name in found:
            row[int(name) - 1] = int(size or 1)
    return matrix, [right for _, right in lines]


def applied(matrix: Matrix, vector: Sequence[int], p: int) -> list[int]:
    return [sum(a * x for a, x in zip(row, vector, strict=True)) % p for row in matrix]


def multiplied(left: Matrix, right: Matrix, p: int) -> list[list[int]]:
    return [applied(list(zip(*right, strict=True)), row, p) for row in left]


def identity(size: int) -> list[list[int]]:
    return [[int(i == j) for j in range(size)] for i in range(size)]


def leibniz(matrix: Matrix, p: int) -> int:
    size = len(matrix)
    total = 0
    for order in permutations(range(size)):
        odd = sum(a > b for a, b in combinations(order, 2)) % 2
        total += prod(matrix[i][order[i]] for i in range(size)) * (-1 if odd else 1)
    return total % p


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", [1, 2, 5])
def test_a_matrix_has_the_order_it_says(seed: int, level: int) -> None:
    problem = finite_fields.unique(Random(seed), level)
    p, answer = modulus(problem), gold(problem)
    matrix, right = system(problem.statement)
    assert applied(matrix, answer["solution"], p) == [int(value) for value in right]
    assert answer["determinant"] == leibniz(matrix, p)
    assert multiplied(matrix, answer["inverse"], p) == identity(len(matrix))
    power = matrix
    for exponent in range(1, 3_000):
        if power == identity(len(matrix)):
            assert exponent == answer["order"]
            break
        power = multiplied(power, matrix, p)
    else:
        assert answer["order"] >= 3_000
    d = answer["determinant"]
    assert answer["determinant_order"] == next(k for k in range(1, p) if pow(d, k, p) == 1)
    assert answer["order"] == answer["determinant_order"] * answer["quotient"]


def test_a_large_order_is_one() -> None:
    for seed in SEEDS:
        problem = finite_fields.unique(Random(seed), 5)
        p, order = modulus(problem), gold(problem)["order"]
        matrix, _ = system(problem.statement)
        assert power_of(matrix, order, p) == identity(3)
        primes = [q for q in range(2, order + 1) if order % q == 0 and all(q % r for r in range(2, int(q**0.5) + 1))]
        assert not any(power_of(matrix, order // q, p) == identity(3) for q in primes)


def power_of(matrix: Matrix, exponent: int, p: int) -> list[list[int]]:
    if exponent == 0:
        return identity(len(matrix))
    half = power_of(matrix, exponent // 2, p)
    square = multiplied(half, half, p)
    return multiplied(square, matrix, p) if exponent % 2 else square


@pytest.mark.parametrize("seed", SEEDS)
def test_solutions_are_counted_and_sorted(seed: int) -> None:
    problem = finite_fields.dependent(Random(seed), 1 + seed % 2)
    p, answer = modulus(problem), gold(problem)
    matrix, right = system(problem.statement)
    vectors = list(product(range(p), repeat=len(matrix[0])))
    known = [int(value) for value in right[:-1]]
    solvable = {applied(matrix, v, p)[-1] for v in vectors if applied(matrix[:-1], v, p) == known}
    assert solvable == {answer["s"]}
    solutions = [v for v in vectors if applied(matrix, v, p) == [*known, answer["s"]]]
    assert (answer["solutions"], answer["last"]) == (len(solutions), list(solutions[-1]))
    assert answer["solutions"] == p ** answer["dimension"]
    assert applied(matrix, answer["direction"], p) == [0] * len(matrix)
    assert any(answer["direction"])
    left, ends = [row[:-1] for row in answer["echelon"]], [row[-1] for row in answer["echelon"]]
    assert [v for v in vectors if applied(left, v, p) == ends] == solutions
    leads = [next(j for j, value in enumerate(row) if value) for row in left]
    assert leads == sorted(set(leads))
    assert all([row[lead] for row in left] == [i == k for k in range(len(left))] for i, lead in enumerate(leads))


def test_any_direction_counts() -> None:
    problem = finite_fields.dependent(Random(3), 5)
    p, right = modulus(problem), gold(problem)
    doubled = [2 * x % p for x in right["direction"]]
    assert doubled != right["direction"]
    assert judge(problem, right | {"direction": doubled}).value == 1.0
    for wrong in ([0] * len(doubled), [x - p for x in doubled], doubled[1:], [x + p for x in doubled]):
        assert judge(problem, right | {"direction": wrong}).value == 0.0


def polynomial(text: str) -> list[int]:
    found = dict.fromkeys(range(12), 0)
    for term in text.split(" + "):
        match = re.fullmatch(r"(\d*) ?(x?)\^?(\d*)", term)
        assert match
        found[int(match[3] or 1) if match[2] else 0] = int(match[1] or 1)
    return [found[k] for k in range(1 + max(k for k, value in found.items() if value))]


def value(f: Sequence[int], x: int, p: int) -> int:
    return sum(a * pow(x, k, p) for k, a in enumerate(f)) % p


def multiply(f: Sequence[int], g: Sequence[int], p: int) -> list[int]:
    result = [0] * (len(f) + len(g) - 1)
    for i, a in enumerate(f):
        for j, b in enumerate(g):
            result[i + j] = (result[i + j] + a * b) % p
    return result


def without(f: Sequence[int], root: int, p: int) -> list[int]:
    """Divide by x - root, by Horner's scheme."""
    result = [f[-1]]
    for a in reversed(f[1:-1]):
        result.append((a + root * result[-1]) % p)
    return result[::-1]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", [2, 3, 5])
def test_polynomials_have_the_roots_and_divisors_they_say(seed: int, level: int) -> None:
    problem = finite_fields.polynomials(Random(seed), level)
    p, answer = modulus(problem), gold(problem)
    f, g = (polynomial(line[4:]) for line in problem.statement.splitlines()[1:3])
    common = answer["gcd"]
    assert answer["roots"] == [x for x in range(p) if value(f, x, p) == 0]
    assert multiply(common, answer["quotient"], p) == f
    assert common[-1] == 1
    for root, times in zip(answer["roots"], answer["multiplicities"], strict=True):
        rest = f
        for _ in range(times):
            assert value(rest, root, p) == 0
            rest = without(rest, root, p)
        assert value(rest, root, p)
    # g divided by the divisor has degree 1 and one root, which is none of what is left of f.
    leftover = next(x for x in range(p) if value(g, x, p) == 0 and x not in answer["roots"])
    assert [a * g[-1] % p for a in multiply(common, [-leftover % p, 1], p)] == g
    assert value(answer["quotient"], leftover, p)
    assert answer["value"] == value(answer["quotient"], int(problem.parts[3].ask.split()[-1]), p)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_remainder_of_a_power_is_found_step_by_step(seed: int) -> None:
    problem = finite_fields.polynomials(Random(seed), 2)
    p, exponent = modulus(problem), int(re.findall(r"x\^(\d+)", problem.parts[5].ask)[0])
    f = polynomial(problem.statement.splitlines()[1][4:])
    monic = [a * pow(f[-1], -1, p) % p for a in f]
    rest = [1] + [0] * (len(f) - 2)
    for _ in range(exponent):
        rest, top = [0, *rest[:-1]], rest[-1]
        rest = [(a - top * b) % p for a, b in zip(rest, monic, strict=False)]
    assert gold(problem)["remainder"] == rest


@pytest.mark.parametrize("seed", SEEDS)
def test_residues_have_the_orders_they_say(seed: int) -> None:
    problem = finite_fields.elements(Random(seed), 2 + seed % 4)
    p, answer = modulus(problem), gold(problem)
    a = int(re.findall(r"(\d+)\^k", problem.parts[0].ask)[0])
    assert answer["order"] == len({pow(a, k, p) for k in range(p)})
    roots = [g for g in range(1, answer["primitive_root"] + 1) if len({pow(g, k, p) for k in range(p)}) == p - 1]
    assert roots == [answer["primitive_root"]]
    b = int(re.findall(r"is (\d+) modulo", problem.parts[2].ask)[0])
    assert pow(roots[0], answer["logarithm"], p) == b
    assert 0 <= answer["logarithm"] < p - 1
    square = int(re.findall(r"= (\d+) modulo", problem.parts[3].ask)[0])
    assert answer["square_roots"] == [x for x in range(p) if x * x % p == square]
    assert answer["group"] == p - 1 == answer["order"] * answer["index"]


@pytest.mark.parametrize("kind", finite_fields.KINDS, ids=lambda kind: kind.__name__)
def test_gold_passes_and_a_change_of_any_part_does_not(kind: Any) -> None:
    for level in range(2, 6):
        check_parts(kind(Random(level), level))


def test_levels_differ_and_draws_hardly_repeat() -> None:
    check_draws(finite_fields.draw, finite_fields.PARTS)
