"""Algorithms whose input is a list: windows, runs, intervals, pairs, queries with updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations, groupby, pairwise
from math import gcd
from random import Random

from agentgym.environments.json_math.families.algorithms import Algorithm, Inputs, Pick, program, some


def listed(name: str, limits: tuple[int, int], low: int, high: int) -> Callable[[Random, int], Inputs]:
    """Return what draws a list a, longer for larger sizes, and an integer."""

    def draw(rng: Random, size: int) -> Inputs:
        a = some(rng, rng.randint(4, 5 + 4 * size), *limits)
        return {"a": a, name: rng.randint(low, high)}

    return draw


def windows(pick: Pick) -> Algorithm:
    """Windows of a bounded sum, with two pointers."""
    least, p = pick.apart((2, 3), (4, 5)), pick.any(1, 9)

    def solve(a: list[int], s: int) -> int:
        ends = range(len(a) + 1)
        return sum(p + i for i, j in combinations(ends, 2) if j - i >= least and sum(a[i:j]) <= s)

    return Algorithm(
        f"the sum of {p} + i over all pairs i, j with 0 <= i, i + {least} <= j <= len(a) and a[i] + ... + a[j - 1] "
        "<= s "
        "(inputs: the list a of integers >= 1, which may be empty, and the integer s >= 0)",
        [
            program(f"""
                total, sum, j = 0, 0, 0
                for i = 0 to len(a) - 1:
                    while j < len(a) and sum + a[j] <= s:
                        sum = sum + a[j]
                        j = j + 1
                    total = total + ({p} + i) * max(0, j - i - {least - 1})
                    if j > i:
                        sum = sum - a[i]
                    else:
                        j = j + 1
                return total"""),
            program(f"""
                total = 0
                size = len(a)
                for i = 0 to size - 1:
                    rest = s
                    j = i
                    while j < size and rest >= a[j]:
                        rest -= a[j]
                        j += 1
                        if j - i >= {least}:
                            total += {p} + i
                return total"""),
        ],
        solve,
        listed("s", (1, 12), 5, 40),
        [{"a": [], "s": 3}, {"a": [5], "s": 0}, {"a": [1, 1, 9, 1, 2, 1, 1, 1, 1], "s": 6}, {"a": [1] * 9, "s": 9}],
        "s",
        10,
        60,
    )


def long_runs(pick: Pick) -> Algorithm:
    """Runs of equal elements that are long enough."""
    p, q = pick.apart((2, 9), (10, 19)), pick.any(1, 9)

    def solve(a: list[int], c: int) -> int:
        runs = [(value, len(list(items))) for value, items in groupby(a)]
        return sum(p * length + q * value for value, length in runs if length >= c)

    def draw(rng: Random, size: int) -> Inputs:
        a: list[int] = []
        for _ in range(rng.randint(2, 2 + 2 * size)):
            a += [rng.randint(0, 9)] * rng.randint(1, 4)
        return {"a": a, "c": rng.randint(1, 4)}

    return Algorithm(
        f"the sum of {p} t + {q} v over all runs of a with t >= c, where a run is a longest stretch of neighbouring "
        "equal "
        "elements, t is its length and v the value of its elements (inputs: the list a of integers from 0 to 9, "
        "which may "
        "be empty, and the integer c >= 1)",
        [
            program(f"""
                total, i = 0, 0
                while i < len(a):
                    j = i
                    while j < len(a) and a[j] = a[i]:
                        j = j + 1
                    if j - i >= c:
                        total = total + {p} * (j - i) + {q} * a[i]
                    i = j
                return total"""),
            program(f"""
                s, run = 0, 0
                for i = 0 to len(a) - 1 do
                    run += 1
                    if i == len(a) - 1 or a[i + 1] != a[i]:
                        if run >= c:
                            gain = {p} * run + {q} * a[i]
                            s += gain
                        run = 0
                return s"""),
        ],
        solve,
        draw,
        [{"a": [], "c": 1}, {"a": [7], "c": 1}, {"a": [7], "c": 2}, {"a": [2, 2, 0, 0, 0, 5, 5, 5], "c": 3}],
        "c",
        1,
        4,
    )


def apart_choice(pick: Pick) -> Algorithm:
    """The best choice of elements that are not too near to one another."""
    k, d = pick.apart((2, 6), (7, 9)), pick.any(2, 3)

    def solve(a: list[int], w: int) -> int:
        best = 0
        for bits in range(1 << len(a)):
            chosen = [i for i in range(len(a)) if bits >> i & 1]
            if all(j - i >= d for i, j in pairwise(chosen)):
                best = max(best, sum(k * a[i] - w for i in chosen))
        return best

    def fast(a: list[int], w: int) -> int:
        best = [0] * (len(a) + d)
        for i in reversed(range(len(a))):
            best[i] = max(best[i + 1], k * a[i] - w + best[i + d])
        return best[0] if len(a) > 10 else solve(a, w)

    return Algorithm(
        f"the largest sum of {k} a[i] - w over the chosen i, if any two chosen indices differ by {d} or more; nothing "
        "chosen has the sum 0 (inputs: the list a of integers, which may be empty, and the integer w >= 0)",
        [
            program(f"""
                best = [0] * (len(a) + {d})
                for i = len(a) - 1 downto 0:
                    take = {k} * a[i] - w + best[i + {d}]
                    best[i] = max(best[i + 1], take)
                return best[0]"""),
            program(f"""
                b = [0] * {d}
                for each x in a:
                    new = max(b[0], b[{d - 1}] + {k} * x - w)
                    b = [new] + b[0:{d - 1}]
                return b[0]"""),
        ],
        fast,
        listed("w", (-9, 30), 0, 30),
        [{"a": [], "w": 1}, {"a": [-3], "w": 0}, {"a": [9, 9, 9, 1, 8, 9], "w": 2}],
        "w",
        1,
        60,
    )


def covered(pick: Pick) -> Algorithm:
    """The length that intervals cover once each is made longer."""
    p, left = pick.apart((1, 9), (10, 19)), pick.any(0, 3)

    def solve(a: list[list[int]], e: int) -> int:
        places = {x for low, high in a for x in range(low - left, high + e)}
        return p * len(places)

    def draw(rng: Random, size: int) -> Inputs:
        lows = some(rng, rng.randint(2, 3 + 2 * size), 0, 15 * size)
        return {"a": [[low, low + rng.randint(1, 9)] for low in lows], "e": rng.randint(0, 5)}

    return Algorithm(
        f"{p} times the length of the union of the intervals from l - {left} to r + e, one for each [l, r] in a "
        "(inputs: "
        "the list a of pairs [l, r] of integers with l < r, in any order, which may be empty, and the integer e >= 0)",
        [
            program(f"""
                sort(a)
                total, done = 0, -1000
                for each l, r in a:
                    if r + e > done:
                        total = total + r + e - max(done, l - {left})
                        done = r + e
                return {p} * total"""),
            program(f"""
                seen, size = {{}}, 0
                for each l, r in a:
                    for x = l - {left} to r + e - 1:
                        if x in seen: continue
                        seen[x] = true
                        size += {p}
                return size"""),
        ],
        solve,
        draw,
        [{"a": [], "e": 0}, {"a": [[3, 4]], "e": 0}, {"a": [[8, 9], [0, 20], [2, 5], [19, 23]], "e": 1}],
        "e",
        0,
        9,
    )


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


ON_LISTS: Mapping[str, Callable[[Pick], Algorithm]] = {
    "windows": windows,
    "long_runs": long_runs,
    "apart_choice": apart_choice,
    "covered": covered,
    "coprime_pairs": coprime_pairs,
    "inversions": inversions,
    "queries": queries,
}
