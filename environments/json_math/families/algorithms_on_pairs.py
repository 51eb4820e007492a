"""Algorithms on pairs of elements, and on lists that change between questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from math import gcd
from random import Random

from agentgym.environments.json_math.families.algorithms import Algorithm, Inputs, Pick, program, some
from agentgym.environments.json_math.families.algorithms_on_lists import LENGTH, any_list, listed


def coprime_pairs(pick: Pick) -> Algorithm:
    """Pairs of a small common divisor."""
    p, q = pick.apart((1, 9), (10, 30)), pick.any(1, 9)

    def solve(a: list[int], g: int) -> int:
        return sum(p + q * (y - x) for (x, k), (y, m) in combinations(enumerate(a), 2) if gcd(k, m) <= g)

    return Algorithm(
        f"the sum of {p} + {q} (j - i) over all pairs i < j with gcd(a[i], a[j]) <= g (inputs: the list a of "
        f"at most {LENGTH} integers from 1 to 100, which may be empty, and the integer g from 1 to 100)",
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
        any_list("g", (1, 100), 1, 100),
        [
            {"a": [], "g": 1},
            {"a": [6], "g": 1},
            {"a": [6, 10, 15, 7, 12], "g": 2},
            {"a": [1, 1], "g": 1},
            {"a": [100, 100, 99, 99], "g": 99},
            {"a": [100, 100, 50], "g": 100},
            {"a": [97, 97, 89, 89, 64, 96], "g": 88},
            {"a": list(range(100, 100 - LENGTH, -1)), "g": 1},
        ],
        "g",
        1,
        6,
        (1, 100),
    )


def inversions(pick: Pick) -> Algorithm:
    """Pairs in the wrong order by more than a margin."""
    p, q = pick.apart((1, 9), (10, 30)), pick.any(1, 5)

    def solve(a: list[int], d: int) -> int:
        return sum(p * (x - y) + q for x, y in combinations(a, 2) if x - y > d)

    return Algorithm(
        f"the sum of {p} (a[i] - a[j]) + {q} over all pairs i < j with a[i] - a[j] > d (inputs: the list a of "
        f"at most {LENGTH} integers from -100 to 100, which may be empty, and the integer d from 0 to 200)",
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
        listed("d", (-20, 30), 0, 9),
        any_list("d", (-100, 100), 0, 200),
        [
            {"a": [], "d": 0},
            {"a": [4], "d": 0},
            {"a": [9, 7, 7, 1, 8], "d": 1},
            {"a": [100, 0, -100], "d": 200},
            {"a": [100, 0, -100], "d": 199},
            {"a": [-100, 100], "d": 0},
            {"a": [-99, -100, 0, -1], "d": 0},
            {"a": list(range(100, -101, -8))[:LENGTH], "d": 0},
        ],
        "d",
        0,
        12,
        (0, 200),
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

    def anywhere(rng: Random) -> Inputs:
        a, q = some(rng, rng.randint(1, 20), 0, 100), []
        for _ in range(rng.randint(0, 20)):
            x, y = sorted(some(rng, 2, 0, len(a) - 1))
            q.append([0, x, rng.randint(0, 100)] if rng.random() < 0.4 else [1, x, y])
        return {"a": a, "q": q, "h": rng.randint(2, 100)}

    multiple = 100 // d * d

    return Algorithm(
        "the last value of R. At first R = 0; then the entries of q are taken one after another: [0, i, v] sets a[i] "
        "to "
        f"v, and [1, l, r] sets R to (h R + {p} c) mod 10007, where c is how many of a[l], ..., a[r] are divisible "
        f"by {d} "
        "(inputs: the list a of 1 to 20 integers from 0 to 100; the list q of at most 20 entries, which may be empty, "
        "with 0 <= i < len(a), 0 <= v <= 100, 0 <= l <= r < len(a); the integer h from 2 to 100)",
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
        anywhere,
        [
            {"a": [3], "q": [], "h": 2},
            {"a": [0, 7, 12], "q": [[1, 0, 2], [0, 1, 60], [1, 1, 1], [1, 0, 2]], "h": 5},
            {"a": [0], "q": [[1, 0, 0], [0, 0, 100], [1, 0, 0], [0, 0, 1], [1, 0, 0]], "h": 100},
            {"a": [multiple] * 20, "q": [[1, 0, 19]] * 20, "h": 99},
            {"a": [multiple - 1] * 20, "q": [[0, 19, multiple], [0, 0, 0]] * 9 + [[1, 0, 19], [1, 0, 18]], "h": 100},
        ],
        "h",
        2,
        60,
        (2, 100),
    )


ON_PAIRS: Mapping[str, Callable[[Pick], Algorithm]] = {
    "coprime_pairs": coprime_pairs,
    "inversions": inversions,
    "queries": queries,
}
