"""Algorithms on circles: shortest ways, and who is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from agentgym.environments.json_math.families.algorithms import Algorithm, Pick, program
from agentgym.environments.json_math.families.algorithms_on_integers import single, within


def moves(pick: Pick) -> Algorithm:
    """Shortest ways on a circle, by breadth-first search."""
    g = pick.any(2, 3)  # nothing but its multiples can be reached, so that some places cannot
    m = g * pick.apart((8, 20), (21, 30))
    a, b, c = g * pick.any(1, 4), pick.any(2, 4), g * pick.any(1, 4)

    steps, queue = {0: 0}, deque([0])
    while queue:
        x = queue.popleft()
        for y in ((x + a) % m, (b * x + c) % m):
            if y not in steps:
                steps[y] = steps[x] + 1
                queue.append(y)
    far = max(steps, key=lambda place: steps[place])

    def solve(n: int) -> int:
        return steps.get(n % m, -1)

    # With it and 500 itself, no program is right that takes all above some n for that n.
    last = next(n for n in range(499, 0, -1) if solve(n) != solve(500))

    return Algorithm(
        f"the least number of moves that lead from 0 to n mod {m}, or -1 if no moves do; a move takes x to (x + {a}) "
        "mod "
        f"{m} or to ({b} x + {c}) mod {m} (input: the integer n from 0 to 500)",
        [
            program(f"""
                dist = [-1] * {m}
                dist[0] = 0
                todo, at = [0], 0
                while at < len(todo):
                    x = todo[at]
                    for each y in [(x + {a}) mod {m}, ({b} * x + {c}) mod {m}]:
                        if dist[y] < 0:
                            dist[y] = dist[x] + 1
                            append y to todo
                    at = at + 1
                return dist[n mod {m}]"""),
            program(f"""
                seen, level, step = {{0: true}}, [0], 0
                while len(level) > 0:
                    if n % {m} in level: return step
                    next = []
                    for each x in level:
                        for each y in [(x + {a}) % {m}, ({b} * x + {c}) % {m}]:
                            if y not in seen:
                                seen[y] = true
                                push y to next
                    level, step = next, step + 1
                return -1"""),
        ],
        solve,
        single(5, 90),
        within(0, 500),
        [{"n": k} for k in (0, a, 1, g, far, m - g, m - 2, m - 1, m, m + far, 2 * m - 1, last, 500)],
        "n",
        1,
        500,
        (0, 500),
    )


def circle(pick: Pick) -> Algorithm:
    """Who is left of n in a circle of which one after another goes."""
    k, p = pick.apart((2, 9), (10, 15)), pick.any(1, 9)

    def solve(n: int) -> int:
        left = list(range(n))
        while len(left) > 1:
            at = (k - 1) % len(left)
            left = left[at + 1 :] + left[:at]
        return p * left[0] + 1

    return Algorithm(
        f"{p} s + 1, where s is who is left of 0, 1, ..., n - 1 in a circle if, counted from 0 on, every {k}-th of "
        "those "
        "who are left goes until only one is left (input: the integer n from 1 to 120)",
        [
            program(f"""
                s = 0
                for size = 2 to n:
                    s = (s + {k}) mod size
                s = {p} * s
                return s + 1"""),
            program(f"""
                who, at = range(n), 0
                while len(who) > 1:
                    at = (at + {k - 1}) mod len(who)
                    pop(who, at)
                return {p} * who[0] + 1"""),
        ],
        solve,
        single(2, 25),
        within(1, 120),
        [{"n": k} for k in (1, 2, 3, k, k + 1, 119, 120)],
        "n",
        20,
        90,
        (1, 120),
    )


ON_CIRCLES: Mapping[str, Callable[[Pick], Algorithm]] = {"moves": moves, "circle": circle}
