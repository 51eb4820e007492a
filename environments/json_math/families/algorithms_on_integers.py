"""Algorithms whose input is one integer: digits, sieves, dynamic programming, recurrences, searches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from random import Random

from agentgym.environments.json_math.families.algorithms import Algorithm, Inputs, Pick, program


def single(low: int, high: int) -> Callable[[Random, int], Inputs]:
    """Return what draws n, from a range that grows with the size."""
    return lambda rng, size: {"n": rng.randint(low, low + (high - low) * size)}


def within(low: int, high: int) -> Callable[[Random], Inputs]:
    """Return what draws n from all that the task allows."""
    return lambda rng: {"n": rng.randint(low, high)}


def digit_sums(pick: Pick) -> Algorithm:
    """Integers whose digit sum has a given residue."""
    base, m = pick.apart((3, 9), (11, 16)), pick.any(3, 9)
    while (base - 1) % m == 0:  # a digit sum would be the integer itself modulo m
        m += 1
    r = pick.any(0, m - 1)

    def solve(n: int) -> int:
        def digits(k: int) -> int:
            return 0 if k == 0 else k % base + digits(k // base)

        return sum(digits(k) % m == r for k in range(1, n + 1))

    last = next(k for k in range(400, 0, -1) if solve(k) != solve(k - 1))

    return Algorithm(
        f"how many of the integers k from 1 to n have a digit sum in base {base} that is {r} modulo {m} (input: the "
        "integer n from 0 to 400)",
        [
            program(f"""
                found = 0
                for k = 1 to n:
                    x, s = k, 0
                    while x > 0:
                        s = s + x mod {base}
                        x = x div {base}
                    if s mod {m} = {r}:
                        found = found + 1
                return found"""),
            program(f"""
                function dsum(x):
                    if x < {base}:
                        return x
                    return dsum(x // {base}) + x % {base}
                cnt <- 0
                for each k in range(1, n + 1) do
                    if dsum(k) % {m} == {r} then
                        cnt += 1
                return cnt"""),
        ],
        solve,
        single(base, 60),
        within(0, 400),
        [{"n": k} for k in (0, 1, base - 1, base, base * base + base, last - 1, last, 400)],
        "n",
        100,
        400,
        (0, 400),
    )


def primes(pick: Pick) -> Algorithm:
    """Primes in a residue class."""
    m = pick.apart((3, 12), (13, 20))
    r = (5, 7, 11, 13, 17, 19, 23, 29)[pick.any(0, 7)] % m or 1

    def solve(n: int) -> int:
        return sum(p // m + 1 for p in range(2, n + 1) if p % m == r and all(p % d for d in range(2, p)))

    last = next(k for k in range(300, 0, -1) if solve(k) != solve(k - 1))

    return Algorithm(
        f"the sum, over all primes p <= n with p mod {m} = {r}, of p div {m} + 1 (input: the integer n from 0 to 300)",
        [
            program(f"""
                sieve = [true] * (n + 1)
                total = 0
                for p = 2 to n:
                    if sieve[p]:
                        for q = p * p to n step p:
                            sieve[q] = false
                        if p mod {m} = {r}:
                            total = total + p div {m} + 1
                return total"""),
            program(f"""
                function prime(p):
                    for d = 2 to sqrt(p):
                        if p mod d = 0: return false
                    return true
                s := 0
                for p = 2 to n:
                    if p % {m} == {r} and prime(p):
                        s := s + p // {m} + 1
                return s"""),
        ],
        solve,
        single(20, 60),
        within(0, 300),
        [{"n": k} for k in (0, 1, 2, 3, r, 60, 289, last - 1, last, 300)],
        "n",
        80,
        300,
        (0, 300),
    )


def compositions(pick: Pick) -> Algorithm:
    """Ordered sums of given parts, modulo something."""
    a = pick.any(1, 3)
    b = a + pick.any(1, 3)
    c = b + pick.any(1, 3)
    m = pick.apart((50, 999), (1_009, 9_999))

    def solve(n: int) -> int:
        ways = [1]
        for k in range(1, n + 1):
            ways.append(sum(ways[k - part] for part in (a, b, c) if part <= k))
        return ways[n] % m

    return Algorithm(
        f"in how many ways n is an ordered sum of integers that each are {a}, {b} or {c}, modulo {m}; the empty sum is "
        "the only way to write 0 (input: the integer n from 0 to 200)",
        [
            program(f"""
                ways = [1] + [0] * n
                for k = 1 to n:
                    for each part in [{a}, {b}, {c}]:
                        if part <= k:
                            ways[k] = (ways[k] + ways[k - part]) mod {m}
                return ways[n]"""),
            program(f"""
                w = [1] + [0] * (n + {c})
                for k = 0 to n:
                    w[k + {a}] = (w[k + {a}] + w[k]) mod {m}
                    w[k + {b}] = (w[k + {b}] + w[k]) mod {m}
                    w[k + {c}] = (w[k + {c}] + w[k]) mod {m}
                return w[n]"""),
        ],
        solve,
        single(c + 6, 40),
        within(0, 200),
        [{"n": k} for k in (0, 1, a, b, c, 60, 199, 200)],
        "n",
        60,
        200,
        (0, 200),
    )


def recurrence(pick: Pick) -> Algorithm:
    """A recurrence of order two modulo m."""
    a, b, c = pick.any(2, 9), pick.any(1, 9), pick.any(1, 9)
    x, y = pick.any(1, 9), pick.any(1, 9)
    m = pick.apart((30, 499), (501, 2_000))

    def solve(n: int) -> int:
        terms = [x % m, y % m]
        while len(terms) <= n:
            terms.append((a * terms[-1] + b * terms[-2] + c) % m)
        return terms[n]

    return Algorithm(
        f"the term x(n) of the sequence x(0) = {x}, x(1) = {y}, x(k+1) = ({a} x(k) + {b} x(k-1) + {c}) mod {m} (input: "
        "the integer n from 0 to 300)",
        [
            program(f"""
                x, y = {x}, {y}
                for i = 1 to n:
                    x, y = y, ({a} * y + {b} * x + {c}) mod {m}
                return x"""),
            program(f"""
                x = [{x}, {y}]
                while len(x) <= n do
                    append ({a} * x[len(x) - 1] + {b} * x[len(x) - 2] + {c}) % {m} to x
                return x[n]"""),
        ],
        solve,
        single(3, 30),
        within(0, 300),
        [{"n": k} for k in (0, 1, 2, 25, 298, 299, 300)],
        "n",
        40,
        300,
        (0, 300),
    )


def least_solution(pick: Pick) -> Algorithm:
    """The least x at which a growing polynomial reaches n, by bisection."""
    a, b, c = pick.apart((2, 9), (10, 19)), pick.any(1, 30), pick.any(0, 50)

    def solve(n: int) -> int:
        return next(x for x in count(0) if a * x * x + b * x + c >= n)

    # The largest values of the polynomial that n may reach.
    ends = [value for x in range(300) if (value := a * x * x + b * x + c) < 100_000][-2:]

    return Algorithm(
        f"the least integer x >= 0 with {a} x^2 + {b} x + {c} >= n (input: the integer n from 0 to 100000)",
        [
            program(f"""
                low, high = 0, n
                while low < high:
                    mid = (low + high) div 2
                    if {a} * mid ^ 2 + {b} * mid + {c} >= n:
                        high = mid
                    else:
                        low = mid + 1
                return low"""),
            program(f"""
                function val(x): return ({a} * x + {b}) * x + {c}
                x, step = 0, 1
                while val(step) < n: step = 2 * step
                while step > 0:
                    if val(x + step - 1) < n:
                        x = x + step
                    step = step // 2
                return x"""),
        ],
        solve,
        single(100, 3_000),
        within(0, 100_000),
        [{"n": k} for k in (0, 1, c, c + 1, a + b + c, a + b + c + 1, 5_000, ends[0], ends[1], ends[1] + 1, 100_000)],
        "n",
        1_000,
        99_999,
        (0, 100_000),
    )


ON_INTEGERS: Mapping[str, Callable[[Pick], Algorithm]] = {
    "digit_sums": digit_sums,
    "primes": primes,
    "compositions": compositions,
    "recurrence": recurrence,
    "least_solution": least_solution,
}
