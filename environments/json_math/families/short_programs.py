"""Short programs to be read, with what they return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from agentgym.environments.json_math.families.algorithms import Pick, program, some


class ShortProgram(NamedTuple):
    """A program without inputs, and what it returns."""

    text: str
    result: int


def loop(pick: Pick) -> ShortProgram:
    """A sum with a condition."""
    start, end, m = pick.any(1, 30), pick.any(4, 7), pick.any(2, 3)
    step = pick.apart((2, 9), (10, 19))
    text = f"""
        s = {start}
        for i = 1 to {end}:
            if i mod {m} = 0:
                s = s + i
            else:
                s = s + {step}
        return s"""
    return ShortProgram(program(text), start + sum(i if i % m == 0 else step for i in range(1, end + 1)))


def halves(pick: Pick) -> ShortProgram:
    """A number halved until it is small."""
    x, stop, c = pick.any(40, 200), pick.any(2, 6), pick.apart((2, 9), (10, 19))
    text = f"""
        x, s = {x}, 0
        while x > {stop}:
            s = s + {c}
            x = x div 2
        return s + x"""
    s = 0
    while x > stop:
        x, s = x // 2, s + c
    return ShortProgram(program(text), s + x)


def largest(pick: Pick) -> ShortProgram:
    """The best element of a list, with a weight."""
    a, c = some(pick.rng, 4, 1, 30), pick.apart((2, 9), (10, 19))
    text = f"""
        a = {a}
        best = 0
        for i = 0 to len(a) - 1:
            best = max(best, a[i] + {c} * i)
        return best"""
    return ShortProgram(program(text), max(value + c * i for i, value in enumerate(a)))


def digits(pick: Pick) -> ShortProgram:
    """Digits, weighted."""
    n, c = pick.any(100, 9_999), pick.apart((2, 9), (10, 19))
    text = f"""
        n, s = {n}, 0
        while n > 0:
            s = s + {c} * (n mod 10)
            n = n div 10
        return s"""
    return ShortProgram(program(text), c * sum(map(int, str(n))))


def calls(pick: Pick) -> ShortProgram:
    """A function that calls itself."""
    n, a, b = pick.any(3, 5), pick.any(1, 5), pick.apart((2, 9), (10, 19))
    text = f"""
        function f(n):
            if n = 0: return {a}
            return f(n - 1) + {b} * n
        return f({n})"""
    return ShortProgram(program(text), a + b * n * (n + 1) // 2)


SHORT_PROGRAMS: Sequence[Callable[[Pick], ShortProgram]] = (loop, halves, largest, digits, calls)
