"""Algorithms on pairs of elements, and on lists that change between questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from math import gcd
from random import Random

from agentgym.environments.json_math.families.algorithms import Algorithm, Inputs, Pick, program, some
from agentgym.environments.json_math.families.algorithms_on_lists import listed


def coprime_pairs(pick: Pick) -> Algorithm:
    """Pairs of a small common divisor."""
    p, q = pick.apart((1, 9), (10, 30)), pick.any(1, 9)

    def solve(a: list[int], g: int) -> int:
        return sum(p + q * (y - x) for (x, k), (y, m) in combinations(enumerate(a), 2) if gcd(k, m) <= g)

    return Algorithm(
        f"the sum of {p} + {q} (j - i) over all pairs i < j with gcd(a[i], a[j]) <= g (inputs: the list a of "
        "integers >= "
        "1, which may be empty, and the integer g >= 1)",
        [
            program(f"""
                total = 0
                for i = 0 to len(a) - 1:
                    for j = i + 1 to len(a) - 1:
                        if gcd(a[i], a[j]) <= g:
                            total = total + {p} + {q} * (j - i)
                return total"""),
            program(f"""
                function div(x, y): return x if y = 0 else div(y, x mod y)
                s = 0
                for j = 0 to len(a) - 1:
                    for i = 0 to j - 1:
                        if div(a[i], a[j]) <= g: s += {p} + {q} * (j - i)
                return s""").replace("div(", "com("),
        ],
        solve,
        listed("g", (1, 40), 1, 4),
        [{"a": [], "g": 1}, {"a": [6], "g": 1}, {"a": [6, 10, 15, 7, 12], "g": 2}],
        "g",
        1,
        6,
    )


def inversions(pick: Pick) -> Algorithm:
    """Pairs in the wrong order by more than a margin."""
    p, q = pick.apart((1, 9), (10, 30)), pick.any(1, 5)

    def solve(a: list[int], d: int) -> int:
        return sum(p * (x - y) + q for x, y in combinations(a, 2) if x - y > d)

    return Algorithm(
        f"the sum of {p} (a[i] - a[j]) + {q} over all pairs i < j with a[i] - a[j] > d (inputs: the list a of "
        "integers, "
        "which may be empty, and the integer d >= 0)",
        [
            program(f"""
                total = 0
                for i = 0 to len(a) - 1:
                    for j = i + 1 to len(a) - 1:
                        gap = a[i] - a[j]
                        if gap > d:
                            total = total + {p} * gap + {q}
                return total"""),
            program(f"""
                s, before = 0, []
                for each y in a:
                    for each x in before:
                        if x > y + d:
                            s += {p} * (x - y) + {q}
                    append y to before
                return s"""),
        ],
        solve,
        listed("d", (0, 30), 0, 9),
        [{"a": [], "d": 0}, {"a": [4], "d": 0}, {"a": [9, 7, 7, 1, 8], "d": 1}],
        "d",
        0,
        12,
    )


def queries(pick: Pick) -> Algorithm:
    """Sums over ranges of a list that changes between the questions."""
    d, p = pick.apart((2, 5), (6, 9)), pick.any(1, 9)

    def solve(a: list[int], q: list[list[int]], h: int) -> int:
        values, result = list(a), 0
        for kind, x, y in q:
            if kind == 0:
                values[x] = y
            else:
                result = (h * result + p * sum(v % d == 0 for v in values[x : y + 1])) % 10_007
        return result

    def draw(rng: Random, size: int) -> Inputs:
        a = some(rng, rng.randint(4, 5 + 2 * size), 0, 40)
        q = []
        for _ in range(rng.randint(3, 3 + 2 * size)):
            x, y = sorted(some(rng, 2, 0, len(a) - 1))
            q.append([0, x, rng.randint(0, 40)] if rng.random() < 0.4 else [1, x, y])
        return {"a": a, "q": [*q, [1, 0, len(a) - 1]], "h": rng.randint(2, 20)}

    return Algorithm(
        "the last value of R. At first R = 0; then the entries of q are taken one after another: [0, i, v] sets a[i] "
        "to "
        f"v, and [1, l, r] sets R to (h R + {p} c) mod 10007, where c is how many of a[l], ..., a[r] are divisible "
        f"by {d} "
        "(inputs: the list a of integers >= 0, not empty; the list q, which may be empty, with 0 <= i < len(a), v >= "
        "0, "
        "0 <= l <= r < len(a); the integer h >= 2)",
        [
            program(f"""
                res = 0
                for each k, x, y in q:
                    if k = 0:
                        a[x] = y
                    else:
                        cnt = 0
                        for i = x to y:
                            if a[i] mod {d} = 0:
                                cnt = cnt + 1
                        res = (h * res + {p} * cnt) mod 10007
                return res"""),
            program(f"""
                function hits(l, r):
                    c = 0
                    for each v in a[l:r + 1]:
                        if v % {d} == 0: c += 1
                    return c
                s = 0
                for each op in q:
                    if op[0] == 0: a[op[1]] = op[2]
                    if op[0] == 1:
                        s = (s * h + {p} * hits(op[1], op[2])) % 10007
                return s"""),
        ],
        solve,
        draw,
        [{"a": [3], "q": [], "h": 2}, {"a": [0, 7, 12], "q": [[1, 0, 2], [0, 1, 60], [1, 1, 1], [1, 0, 2]], "h": 5}],
        "h",
        2,
        60,
    )


ON_PAIRS: Mapping[str, Callable[[Pick], Algorithm]] = {
    "coprime_pairs": coprime_pairs,
    "inversions": inversions,
    "queries": queries,
}
