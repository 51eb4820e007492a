"""Algorithms whose input is a list: windows, runs, intervals, pairs, queries with updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations, groupby, pairwise
from random import Random

from agentgym.environments.json_math.families.algorithms import Algorithm, Inputs, Pick, program, some

# The most elements of a list.
LENGTH = 25


def listed(name: str, limits: tuple[int, int], low: int, high: int) -> Callable[[Random, int], Inputs]:
    """Return what draws a list a, longer for larger sizes, and an integer."""

    def draw(rng: Random, size: int) -> Inputs:
        a = some(rng, rng.randint(4, 5 + 4 * size), *limits)
        return {"a": a, name: rng.randint(low, high)}

    return draw


def any_list(name: str, limits: tuple[int, int], low: int, high: int) -> Callable[[Random], Inputs]:
    """Return what draws a list of up to `LENGTH` elements and an integer, from all that the task allows."""
    return lambda rng: {"a": some(rng, rng.randint(0, LENGTH), *limits), name: rng.randint(low, high)}


def windows(pick: Pick) -> Algorithm:
    """Windows of a bounded sum, with two pointers."""
    least, p = pick.apart((2, 3), (4, 5)), pick.any(1, 9)

    def solve(a: list[int], s: int) -> int:
        ends = range(len(a) + 1)
        return sum(p + i for i, j in combinations(ends, 2) if j - i >= least and sum(a[i:j]) <= s)

    return Algorithm(
        f"the sum of {p} + i over all pairs i, j with 0 <= i, i + {least} <= j <= len(a) and a[i] + ... + a[j - 1] "
        f"<= s (inputs: the list a of at most {LENGTH} integers from 1 to 20, which may be empty, and the integer s "
        "from 0 to 500)",
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
        any_list("s", (1, 20), 0, 500),
        [
            {"a": [], "s": 3},
            {"a": [5], "s": 0},
            {"a": [1, 1, 9, 1, 2, 1, 1, 1, 1], "s": 6},
            {"a": [1] * 9, "s": 9},
            {"a": [20] * LENGTH, "s": 500},
            {"a": [20] * (LENGTH - 1) + [19], "s": 499},
            {"a": [20] * LENGTH, "s": 0},
            {"a": [1] * LENGTH, "s": LENGTH - 1},
        ],
        "s",
        10,
        60,
        (0, 500),
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

    def anywhere(rng: Random) -> Inputs:
        a: list[int] = []
        longest = rng.randint(1, 50)
        while rng.random() < 0.9:
            a += [rng.randint(0, 9)] * rng.randint(1, longest)
        return {"a": a[:50], "c": rng.randint(1, longest)}

    return Algorithm(
        f"the sum of {p} t + {q} v over all runs of a with t >= c, where a run is a longest stretch of neighbouring "
        "equal elements, t is its length and v the value of its elements (inputs: the list a of at most 50 integers "
        "from 0 to 9, which may be empty, and the integer c from 1 to 50)",
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
        anywhere,
        [
            {"a": [], "c": 1},
            {"a": [7], "c": 1},
            {"a": [7], "c": 2},
            {"a": [2, 2, 0, 0, 0, 5, 5, 5], "c": 3},
            {"a": [9] * 50, "c": 50},
            {"a": [9] * 49 + [0], "c": 50},
            {"a": [0] + [9] * 49, "c": 49},
            {"a": [0, 9] * 25, "c": 1},
            {"a": [3] * 25 + [4] * 25, "c": 25},
        ],
        "c",
        1,
        4,
        (1, 50),
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
        f"chosen has the sum 0 (inputs: the list a of at most {LENGTH} integers from -100 to 100, which may be empty, "
        "and the integer w from 0 to 100)",
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
        any_list("w", (-100, 100), 0, 100),
        [
            {"a": [], "w": 1},
            {"a": [-3], "w": 0},
            {"a": [9, 9, 9, 1, 8, 9], "w": 2},
            {"a": [-100] * LENGTH, "w": 0},
            {"a": [100] * LENGTH, "w": 0},
            {"a": [100] * LENGTH, "w": 100},
            {"a": [-100] * (LENGTH - 1) + [100], "w": 99},
            {"a": [100] + [-100] * (LENGTH - 1), "w": 100},
        ],
        "w",
        1,
        60,
        (0, 100),
    )


def covered(pick: Pick) -> Algorithm:
    """The length that intervals cover once each is made longer."""
    p, left = pick.apart((1, 9), (10, 19)), pick.any(0, 3)

    def solve(a: list[list[int]], e: int) -> int:
        places = {x for low, high in a for x in range(low - left, high + e)}
        return p * len(places)

    def draw(rng: Random, size: int) -> Inputs:
        lows = some(rng, rng.randint(2, 3 + 2 * size), -10 * size, 15 * size)
        return {"a": [[low, low + rng.randint(1, 9)] for low in lows], "e": rng.randint(0, 5)}

    def anywhere(rng: Random) -> Inputs:
        longest = rng.choice([3, 20, 200])
        lows = some(rng, rng.randint(0, 15), -100, 99)
        return {"a": [[low, rng.randint(low + 1, min(100, low + longest))] for low in lows], "e": rng.randint(0, 20)}

    return Algorithm(
        f"{p} times the length of the union of the intervals from l - {left} to r + e, one for each [l, r] in a "
        "(inputs: the list a of at most 15 pairs [l, r] of integers with -100 <= l < r <= 100, in any order, which may "
        "be empty, and the integer e from 0 to 20)",
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
        anywhere,
        [
            {"a": [], "e": 0},
            {"a": [[3, 4]], "e": 0},
            {"a": [[8, 9], [0, 20], [2, 5], [19, 23]], "e": 1},
            {"a": [[-100, -99]], "e": 0},
            {"a": [[99, 100], [-100, -98]], "e": 20},
            {"a": [[-100, 100]], "e": 0},
            {"a": [[low, low + 1] for low in range(96, -101, -14)], "e": 19},
            {"a": [[-3, 0], [-50, -40], [0, 2], [-50, -41]], "e": 0},
        ],
        "e",
        0,
        9,
        (0, 20),
    )


ON_LISTS: Mapping[str, Callable[[Pick], Algorithm]] = {
    "windows": windows,
    "long_runs": long_runs,
    "apart_choice": apart_choice,
    "covered": covered,
}
