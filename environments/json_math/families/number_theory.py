"""Number theory: arithmetic functions, orders, residues, factorials, towers; others lie in `continued_fractions`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import gcd, isqrt, prod

from agentgym.environments.json_math.divisibility import (
    divisors,
    factors,
    jacobi,
    order,
    primes,
    square_roots,
    totient,
)
from agentgym.environments.json_math.families.continued_fractions import euclid, farey, pell
from agentgym.environments.json_math.problem import Problem, integer, integer_rows, integers

PARTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; sums of two squares, Farey neighbours and perfect powers are held out."""
    make = rng.choice(HELD_OUT if held_out else TRAINED)
    return make(rng, level).first(PARTS[level])


def functions(rng: random.Random, level: int) -> Problem:
    """The arithmetic functions phi, sigma and tau of an integer with several prime factors."""
    largest = {1: 4_000, 2: 6_000, 3: 20_000, 4: 300_000, 5: 10**7}[level]
    while True:
        n = rng.randint(largest // 20, largest)
        found = factors(n)
        squares = prod(exponent // 2 + 1 for _, exponent in found)
        if len(found) > 1 + (level > 2) and (level < 4 or squares > 2):
            break
    all_divisors = divisors(n)
    results = [
        integer("phi", f"how many of 1, ..., {n} are coprime to {n}", totient(n)),
        integer("sigma", f"the sum of all positive divisors of {n}", sum(all_divisors)),
        integer("divisors", f"the number of positive divisors of {n}", len(all_divisors)),
    ]
    results = rng.sample(results[: 2 if level == 1 else 3], 2 if level == 1 else 3)
    factorisation = "the primes that divide n, ascending, each as a list [prime, exponent]"
    parts = [
        results[0],
        integer_rows("factors", factorisation, found, is_reason=True),
        *results[1:],
        integer("square_divisors", "how many of the positive divisors of n are squares, 1 included", squares),
    ]
    return Problem(f"Let n = {n}.", parts)


def powers(rng: random.Random, level: int) -> Problem:
    """The powers of an integer modulo a composite one."""
    modulus = rng.randint(*{1: (7, 60), 2: (20, 90), 3: (50, 300), 4: (200, 2_000), 5: (1_000, 30_000)}[level])
    a = rng.choice(
        [a for a in range(2, 500 if level == 1 else 3 * modulus) if gcd(a, modulus) == 1 and a % modulus != 1]
    )
    period, phi = order(a, modulus), totient(modulus)
    exponent = rng.randint(10**level, 10 ** (2 * level + 1))
    parts = [
        integer("order", f"the least k > 0 with {a}^k = 1 modulo {modulus}", period),
        integer("residue", f"{a}^{exponent} modulo {modulus}", pow(a, exponent, modulus)),
        integer("phi", f"how many of 1, ..., {modulus} are coprime to {modulus}", phi, is_reason=True),
        integer("index", "phi divided by order", phi // period, is_reason=True),
        integer("inverse", f"the x with {a} x = 1 modulo {modulus}", pow(a, -1, modulus)),
    ]
    statement = f"Let a = {a} and m = {modulus}. Residues modulo m are wanted from 0 to {modulus - 1}."
    return Problem(statement, parts, {"phi": [["order", "index"]]})


def logarithms(rng: random.Random, level: int) -> Problem:
    """Discrete logarithms to the base of a primitive root."""
    p = rng.choice(primes(*{1: (13, 97), 2: (31, 150), 3: (67, 500), 4: (251, 2_000), 5: (1_000, 9_999)}[level]))
    while order(g := rng.randrange(2, p), p) != p - 1:
        pass
    k = rng.randrange(2, p - 1)
    b = pow(g, k, p)
    following = next((h for h in range(g + 1, p) if order(h, p) == p - 1), 0)
    parts = [
        integer("logarithm", f"the least k >= 0 with {g}^k = {b} modulo {p}", k),
        integer("order", f"the least j > 0 with {b}^j = 1 modulo {p}", order(b, p)),
        integer("gcd", f"the greatest common divisor of this k and {p - 1}", gcd(k, p - 1), is_reason=True),
        integer("group", f"how many of the residues modulo {p} are powers of {g}", p - 1, is_reason=True),
        integer(
            "next_root",
            f"the least h from {g + 1} to {p - 1} that is a primitive root modulo {p}; 0 if there is none",
            following,
        ),
    ]
    statement = f"Let p = {p}, a prime, and g = {g}, a primitive root modulo p."
    return Problem(statement, parts, {"group": [["order", "gcd"]]})


def residues(rng: random.Random, level: int) -> Problem:
    """Jacobi symbols and square roots modulo an odd number."""
    choices = primes(3, {1: 97, 2: 23, 3: 31, 4: 61, 5: 97}[level])
    p, q = sorted(rng.sample(choices, 2))
    n = p * q if level > 1 else q
    numbers = rng.sample(range(2, 2 * n), 4 if level < 4 else 6)
    x = rng.choice([x for x in range(2, n) if gcd(x, n) == 1])
    square = x * x % n
    roots, squares = square_roots(square, n), len({x * x % n for x in range(n)})
    shown = ", ".join(map(str, numbers))
    parts = [
        integers(
            "symbols", f"the Jacobi symbols (a/{n}) for a = {shown}, each -1, 0 or 1", [jacobi(a, n) for a in numbers]
        ),
        integers("roots", f"all x from 0 to {n - 1} with x^2 = {square} modulo {n}, ascending", roots),
        integer("squares", f"how many residues modulo {n} are squares of integers, 0 included", squares),
        integer(
            "disguised",
            f"the least a > 1 with Jacobi symbol (a/{n}) = 1 that is coprime to {n} and no square modulo {n}",
            next((a for a in range(2, n) if jacobi(a, n) == 1 and jacobi(a, p) == -1), 0),
            is_reason=True,
        ),
        integer("least", f"the least a > 1 with Jacobi symbol (a/{n}) = -1", _first(n, -1), is_reason=True),
    ]
    return Problem(f"Let n = {n}.", parts)


def _first(n: int, symbol: int) -> int:
    return next(a for a in range(2, n) if jacobi(a, n) == symbol)


def factorials(rng: random.Random, level: int) -> Problem:
    """The exponents of a prime in factorials and binomial coefficients."""
    n = rng.randint(*{1: (20, 2_000), 2: (100, 1_000), 3: (500, 10_000), 4: (10**4, 10**6), 5: (10**6, 10**9)}[level])
    p = rng.choice(primes(2, 13 * level))
    k = rng.randint(n // 4, n - 2)
    base = rng.choice([b for b in range(12, 73) if len(factors(b)) == 2])
    zeros = min(_in_factorial(n, q) // exponent for q, exponent in factors(base))
    below, rest, all_ = (_in_factorial(m, p) for m in (k, n - k, n))
    parts = [
        integer("factorial", f"the largest e for which {p}^e divides {n}!", all_),
        integer(
            "binomial",
            f"the largest e for which {p}^e divides the binomial coefficient C({n}, {k})",
            all_ - below - rest,
        ),
        integer("below", f"the largest e for which {p}^e divides {k}!", below, is_reason=True),
        integer("rest", f"the largest e for which {p}^e divides {n - k}!", rest, is_reason=True),
        integer("zeros", f"the number of zeros at the end of {n}!, written in base {base}", zeros),
    ]
    statement = f"Let p = {p}" + (f" and n = {n}." if level == 1 else f", n = {n} and k = {k}.")
    return Problem(statement, parts, {"factorial": [["binomial"], ["below"], ["rest"]]})


def _in_factorial(n: int, p: int) -> int:
    """Return the exponent of a prime in n!, by Legendre's formula."""
    return n // p + _in_factorial(n // p, p) if n else 0


def towers(rng: random.Random, level: int) -> Problem:
    """The residues of towers of powers."""
    m = rng.randint(*{1: (11, 40), 2: (30, 100), 3: (50, 500), 4: (200, 3_000), 5: (1_000, 30_000)}[level])
    a = rng.choice([a for a in range(2, m) if gcd(a, m) == 1])
    b, c, d = rng.randint(2, 4 + 4 * level), rng.randint(2, 3 + 6 * level), rng.randint(2, 9)
    period = order(a, m)
    exponent, high = pow(b, c, period), _tower(b, c, d, period)
    parts = [
        integer("residue", f"{a}^({b}^{c}) modulo {m}", pow(a, exponent, m)),
        integer("period", f"the least k > 0 with {a}^k = 1 modulo {m}", period, is_reason=True),
        integer("exponent", f"{b}^{c} modulo this k", exponent, is_reason=True),
        integer("tower", f"{a}^({b}^({c}^{d})) modulo {m}", pow(a, high, m)),
        integer("tower_exponent", f"{b}^({c}^{d}) modulo this k", high, is_reason=True),
    ]
    return Problem("Residues modulo a number are wanted from 0 to that number minus 1.", parts)


def _tower(b: int, c: int, d: int, modulus: int) -> int:
    """Return b^(c^d) modulo a number."""
    return pow(b, c**d, modulus)


def two_squares(rng: random.Random, level: int) -> Problem:
    """The ways to write an integer as a sum of two squares."""
    largest = {1: 3_000, 2: 6_000, 3: 15_000, 4: 50_000, 5: 300_000}[level]
    least, with_threes = rng.choice({1: [1], 2: [1, 2], 3: [2, 3], 4: [2, 3, 4], 5: [3, 4]}[level]), rng.random() < 0.4
    while True:
        n = rng.randint(largest // 4, largest)
        pairs = [[a, isqrt(n - a * a)] for a in range(isqrt(n // 2) + 1) if isqrt(n - a * a) ** 2 == n - a * a]
        ones, threes = (sum(d % 4 == rest for d in divisors(n)) for rest in (1, 3))
        if len(pairs) >= least and (threes or not with_threes):
            break
    parts = [
        integer_rows(
            "pairs", f"all lists [a, b] of integers with 0 <= a <= b and a^2 + b^2 = {n}, by ascending a", pairs
        ),
        integer(
            "all_pairs",
            f"how many pairs (a, b) of integers, negative ones and both orders included, have a^2 + b^2 = {n}",
            4 * (ones - threes),
        ),
        integer("ones", f"how many positive divisors of {n} are 1 modulo 4", ones, is_reason=True),
        integer("threes", f"how many positive divisors of {n} are 3 modulo 4", threes, is_reason=True),
        integer("excess", "ones minus threes", ones - threes, is_reason=True),
    ]
    return Problem(f"Let n = {n}.", parts, {"ones": [["threes"], ["excess"]]})


def perfect_powers(rng: random.Random, level: int) -> Problem:
    """How many perfect powers there are up to a bound."""
    n = rng.randint(10 ** (level + 1), 10 ** (level + 3))
    found = {a**k for k in range(2, n.bit_length() + 1) for a in range(1, _root(n, k) + 1)}
    only_cubes = _root(n, 3) - _root(n, 6)
    parts = [
        integer("perfect_powers", f"how many of 1, ..., {n} are a^k for integers a >= 1 and k >= 2", len(found)),
        integer("cubes", f"how many of 1, ..., {n} are cubes of integers", _root(n, 3), is_reason=True),
        integer("largest", f"the largest such a^k up to {n}", max(found)),
        integer("sixths", f"how many of 1, ..., {n} are sixth powers of integers", _root(n, 6), is_reason=True),
        integer(
            "only_cubes", f"how many of 1, ..., {n} are cubes of integers but not squares", only_cubes, is_reason=True
        ),
    ]
    return Problem(f"Consider the integers from 1 to {n}.", parts, {"cubes": [["only_cubes"], ["sixths"]]})


def _root(n: int, k: int) -> int:
    """Return the largest integer whose k-th power is at most n."""
    root = 1
    while (root + 1) ** k <= n:
        root += 1
    return root


Kind = Callable[[random.Random, int], Problem]
TRAINED: Sequence[Kind] = (functions, powers, logarithms, residues, euclid, pell, factorials, towers)
HELD_OUT: Sequence[Kind] = (two_squares, farey, perfect_powers)
