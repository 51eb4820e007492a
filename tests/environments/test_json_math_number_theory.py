"""Number theory: gold against definitions, tried out on small numbers."""

import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from math import comb, factorial, gcd, isqrt
from random import Random
from typing import Any

import pytest
from json_math_answers import check_draws, check_parts, gold, judge

from agentgym.environments.json_math import divisibility
from agentgym.environments.json_math.families import continued_fractions, number_theory
from agentgym.environments.json_math.problem import Problem

SEEDS = range(8)
LEVELS = [2, 3]
KINDS = [*number_theory.TRAINED, *number_theory.HELD_OUT]
cases = [pytest.mark.parametrize("seed", SEEDS), pytest.mark.parametrize("level", LEVELS)]


def on_small_draws(test: Callable[..., None]) -> Callable[..., None]:
    return reduce(lambda wrapped, mark: mark(wrapped), cases, test)


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def asked(problem: Problem, key: str) -> list[int]:
    return numbers(next(part.ask for part in problem.parts if part.key == key))


def period_of(a: int, m: int) -> int:
    power, k = a % m, 1
    while power != 1:
        power, k = power * a % m, k + 1
    return k


@on_small_draws
def test_arithmetic_functions(seed: int, level: int) -> None:
    problem = number_theory.functions(Random(seed), level)
    n, answer = numbers(problem.statement)[0], gold(problem)
    divisors = [d for d in range(1, n + 1) if n % d == 0]
    assert answer["phi"] == sum(gcd(k, n) == 1 for k in range(1, n + 1))
    assert (answer["sigma"], answer["divisors"]) == (sum(divisors), len(divisors))
    assert answer["square_divisors"] == sum(isqrt(d) ** 2 == d for d in divisors)
    assert reduce(lambda product, factor: product * factor[0] ** factor[1], answer["factors"], 1) == n
    assert [p for p, _ in answer["factors"]] == [d for d in divisors[1:] if all(d % q for q in range(2, d))]


@on_small_draws
def test_powers(seed: int, level: int) -> None:
    problem = number_theory.powers(Random(seed), level)
    (a, m, *_), answer = numbers(problem.statement), gold(problem)
    assert answer["order"] == period_of(a, m)
    exponent = asked(problem, "residue")[1]
    assert answer["residue"] == pow(a, exponent, m)
    assert answer["phi"] == sum(gcd(k, m) == 1 for k in range(m)) == answer["order"] * answer["index"]
    assert [x for x in range(m) if a * x % m == 1] == [answer["inverse"]]


@on_small_draws
def test_logarithms(seed: int, level: int) -> None:
    problem = number_theory.logarithms(Random(seed), level)
    (p, g, *_), answer = numbers(problem.statement), gold(problem)
    b = asked(problem, "logarithm")[2]
    table = [pow(g, k, p) for k in range(p - 1)]
    assert table.index(b) == answer["logarithm"]
    assert answer["order"] == period_of(b, p)
    assert answer["gcd"] == gcd(answer["logarithm"], p - 1)
    assert answer["group"] == len(set(table)) == p - 1 == answer["order"] * answer["gcd"]
    roots = [h for h in range(g + 1, p) if period_of(h, p) == p - 1]
    assert answer["next_root"] == (roots or [0])[0]


def symbol(a: int, n: int) -> int:
    """Return the Jacobi symbol as a product of Legendre symbols, each by looking for a square root."""
    result = 1
    for p in [p for p in range(3, n + 1) if n % p == 0 and all(p % q for q in range(2, p))]:
        squares = {x * x % p for x in range(1, p)}
        result *= 0 if a % p == 0 else 1 if a % p in squares else -1
    return result


@on_small_draws
def test_residues(seed: int, level: int) -> None:
    problem = number_theory.residues(Random(seed), level)
    n, answer = numbers(problem.statement)[0], gold(problem)
    listed = numbers(problem.parts[0].ask.partition("for a = ")[2].partition(", each")[0])
    assert answer["symbols"] == [symbol(a, n) for a in listed]
    squares = {x * x % n for x in range(n)}
    assert answer["squares"] == len(squares)
    square = numbers(problem.parts[1].ask.partition("x^2 = ")[2])[0]
    assert answer["roots"] == [x for x in range(n) if x * x % n == square]
    assert answer["least"] == next(a for a in range(2, n) if symbol(a, n) == -1)
    disguised = [a for a in range(2, n) if symbol(a, n) == 1 and a not in squares]
    assert answer["disguised"] == disguised[0]


def evaluated(quotients: list[int]) -> Fraction:
    value = Fraction(quotients[-1])
    for a in reversed(quotients[:-1]):
        value = a + 1 / value
    return value


@on_small_draws
def test_euclid(seed: int, level: int) -> None:
    problem = continued_fractions.euclid(Random(seed), level - 1)
    (a, b), answer = numbers(problem.statement), gold(problem)
    g = answer["gcd"]
    assert evaluated(answer["quotients"]) == Fraction(a, b)
    assert answer["quotients"][-1] >= 2
    assert min(answer["quotients"][1:]) >= 1
    assert g == max(d for d in range(1, b + 1) if a % d == b % d == 0)
    assert a * answer["bezout"][0] + b * answer["bezout"][1] == g
    assert answer["least"] == next(x for x in range(1, b + 1) if (a * x - g) % b == 0)


def test_the_largest_number_that_is_missed() -> None:
    for seed in SEEDS:
        problem = continued_fractions.euclid(Random(seed), 1)
        (a, b), answer = numbers(problem.statement), gold(problem)
        top = a * b // answer["gcd"]
        reached = {a * x + b * y for x in range(top // a + 1) for y in range((top - a * x) // b + 1)}
        assert answer["largest_missed"] == max(n for n in range(0, top, answer["gcd"]) if n not in reached)


def test_any_bezout_coefficients_count() -> None:
    problem = continued_fractions.euclid(Random(1), 4)
    (a, b), right = numbers(problem.statement), gold(problem)
    x, y = right["bezout"]
    assert judge(problem, right | {"bezout": [x + b, y - a]}).value == 1.0
    for wrong in ([y, x], [x, y, 0], [x + 1, y], [0, 0]):
        assert judge(problem, right | {"bezout": wrong}).value == 0.0


@on_small_draws
def test_pell(seed: int, level: int) -> None:
    problem = continued_fractions.pell(Random(seed), level)
    d, answer = numbers(problem.statement)[0], gold(problem)
    # sqrt(d) lies between the values of the cut-off fraction with its last quotient and with the next integer.
    quotients = answer["quotients"]
    ends = sorted([evaluated(quotients), evaluated([*quotients[:-1], quotients[-1] + 1])])
    assert ends[0] ** 2 < d < ends[1] ** 2
    x, y = answer["x"], answer["y"]
    assert x * x - d * y * y == 1
    if y < 20_000:
        assert not any(isqrt(d * z * z + 1) ** 2 == d * z * z + 1 for z in range(1, y))
        later = (z for z in range(y + 1, 10**9) if isqrt(d * z * z + 1) ** 2 == d * z * z + 1)
        assert answer["next_y"] == 2 * x * y
        if answer["next_y"] < 50_000:
            assert next(later) == answer["next_y"]
    expected = [divisibility.root_period(d)[0], *(divisibility.root_period(d)[1] * 9)]
    assert quotients == expected[: len(quotients)]
    assert answer["period"] == len(divisibility.root_period(d)[1])


def test_the_period_of_a_root_is_the_least_one() -> None:
    for d in (2, 3, 7, 13, 61, 94, 4_729):
        whole, period = divisibility.root_period(d)
        # Exact quotients from a scaled integer root, far more digits than are needed.
        scale = 10**200
        numerator, denominator = isqrt(d * scale * scale), scale
        found = divisibility.continued_fraction(numerator, denominator)[: 2 * len(period) + 1]
        assert found == [whole, *period, *period]
        assert not any(period == period[k:] + period[:k] for k in range(1, len(period)) if len(period) % k == 0)


@on_small_draws
def test_farey(seed: int, level: int) -> None:
    problem = continued_fractions.farey(Random(seed), level)
    largest, answer = numbers(problem.statement)[4 - 2], gold(problem)
    here = Fraction(*asked(problem, "next")[:2])
    fractions = sorted({Fraction(p, q) for q in range(1, largest + 1) for p in range(q + 1)})
    place = fractions.index(here)
    assert answer["terms"] == len(fractions)
    assert Fraction(answer["next"]) == fractions[place + 1]
    assert Fraction(answer["previous"]) == fractions[place - 1]
    # Walk down the tree: every node is the mediant of its nearest neighbours above.
    low, high, turns = (0, 1), (1, 0), ""
    node = (1, 1)
    while Fraction(*node) != here:
        goes_right = Fraction(*node) < here
        turns += "R" if goes_right else "L"
        low, high = (node, high) if goes_right else (low, node)
        node = (low[0] + high[0], low[1] + high[1])
    assert answer["depth"] == len(turns)
    assert "".join("RL"[i % 2] * steps for i, steps in enumerate(answer["path"])) == turns
    assert all(answer["path"][1:])


def exponent_in(n: int, p: int) -> int:
    return next(e for e in range(n.bit_length() + 1) if n % p ** (e + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_factorials(seed: int) -> None:
    problem = number_theory.factorials(Random(seed), 2)
    (p, n, k), answer = numbers(problem.statement), gold(problem)
    assert answer["factorial"] == exponent_in(factorial(n), p)
    assert answer["binomial"] == exponent_in(comb(n, k), p)
    assert answer["factorial"] == answer["binomial"] + answer["below"] + answer["rest"]
    assert answer["below"] == exponent_in(factorial(k), p)
    base = asked(problem, "zeros")[-1]
    assert answer["zeros"] == exponent_in(factorial(n), base)


@on_small_draws
def test_towers(seed: int, level: int) -> None:
    problem = number_theory.towers(Random(seed), level)
    (a, b, c, m), answer = asked(problem, "residue"), gold(problem)
    d = asked(problem, "tower")[3]
    assert answer["period"] == period_of(a, m)
    assert answer["residue"] == pow(a, b**c, m)
    assert answer["exponent"] == b**c % answer["period"]
    # Residues of b, b^2, b^3, ... one after the other, without a modular power.
    residue = 1
    for _ in range(min(c**d, 200_000)):
        residue = residue * b % answer["period"]
    if c**d <= 200_000:
        assert answer["tower_exponent"] == residue
    assert answer["tower"] == pow(a, answer["tower_exponent"], m)


@on_small_draws
def test_two_squares(seed: int, level: int) -> None:
    problem = number_theory.two_squares(Random(seed), level)
    n, answer = numbers(problem.statement)[0], gold(problem)
    reach = range(-isqrt(n), isqrt(n) + 1)
    pairs = [[a, b] for a in reach for b in reach if a * a + b * b == n]
    assert answer["all_pairs"] == len(pairs)
    assert answer["pairs"] == [[a, b] for a, b in pairs if 0 <= a <= b]
    rests = Counter(d % 4 for d in range(1, n + 1) if n % d == 0)
    assert (answer["ones"], answer["threes"]) == (rests[1], rests[3])
    assert answer["ones"] == answer["threes"] + answer["excess"]


@on_small_draws
def test_perfect_powers(seed: int, level: int) -> None:
    problem = number_theory.perfect_powers(Random(10 * seed + level), 1)
    n, answer = numbers(problem.statement)[1], gold(problem)

    def is_power(m: int, k: int) -> bool:
        return any((round(m ** (1 / k)) + shift) ** k == m for shift in (-1, 0, 1))

    found = [m for m in range(1, n + 1) if any(is_power(m, k) for k in range(2, m.bit_length() + 2))]
    assert (answer["perfect_powers"], answer["largest"]) == (len(found), found[-1])
    cubes = [m for m in found if is_power(m, 3)]
    assert (answer["cubes"], answer["sixths"]) == (len(cubes), sum(is_power(m, 6) for m in cubes))
    assert answer["cubes"] == answer["only_cubes"] + answer["sixths"]


def test_reciprocity_agrees_with_squares() -> None:
    assert all(divisibility.jacobi(a, n) == symbol(a, n) for n in (3, 5, 15, 21, 35, 77) for a in range(-4, 80))
    assert [divisibility.jacobi(a, 9) for a in range(9)] == [0, 1, 1, 0, 1, 1, 0, 1, 1]


def test_orders_divide_the_carmichael_function() -> None:
    for m in range(2, 130):
        units = [a for a in range(1, m + 1) if gcd(a, m) == 1]
        assert divisibility.carmichael(m) == max(period_of(a, m) if m > 1 else 1 for a in units)
        assert [divisibility.order(a, m) for a in units] == [period_of(a, m) for a in units]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_gold_passes_and_a_change_of_any_part_does_not(kind: Any) -> None:
    for level in range(1, 6):
        check_parts(kind(Random(level), level).first(number_theory.PARTS[level]))


def test_levels_differ_and_draws_hardly_repeat() -> None:
    check_draws(number_theory.draw, number_theory.PARTS)


def test_what_is_held_out_is_never_trained_on() -> None:
    held_out = {"pairs", "next", "perfect_powers"}
    for seed in range(60):
        assert number_theory.draw(Random(seed), 2, held_out=True).parts[0].key in held_out
        assert number_theory.draw(Random(seed), 2, held_out=False).parts[0].key not in held_out
