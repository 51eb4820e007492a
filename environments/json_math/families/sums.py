"""Finite sums of binomial coefficients, fractions and harmonic numbers that have a closed form."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, factorial

from agentgym.environments.json_math.language.functions import harmonic
from agentgym.environments.json_math.problem import Problem, closed_form, fraction

PARTS = {2: 1, 3: 2, 4: 3, 5: 4}


@dataclass(frozen=True)
class Sum:
    """S(n) as a sum and in closed form.

    Attributes:
        text: the summand.
        first_k: where k starts; it ends at n.
        term: the summand's value at n and k.
        closed: S(n) without a sum, for every n >= 0.
    """

    text: str
    first_k: int
    term: Callable[[int, int], Fraction | int]
    closed: str

    def __call__(self, n: int) -> Fraction:
        """Return S(n), term by term."""
        return sum((Fraction(self.term(n, k)) for k in range(self.first_k, n + 1)), Fraction(0))


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; two kinds of summands are held out."""
    total = rng.choice(HELD_OUT if held_out else EASY if level < 4 else HARD)(rng)
    statement = f"For n >= 0 let S(n) be the sum over k from {total.first_k} to n of\n{total.text}"
    if "C(" in total.text:
        statement += "\nwhere C(n,k) is the binomial coefficient."
    if level == 1:
        n = rng.randint(2, 4)
        return Problem(statement, [fraction("value", f"S({n})", total(n))])
    near, far = rng.randint(6, 12), rng.randint(20, 40)
    parts = [
        closed_form("closed_form", "S(n) for every n >= 0, without a sum", total.closed),
        fraction("value", f"S({near})", total(near)),
        fraction("late_value", f"S({far})", total(far)),
        fraction("step", f"S({near}) - S({near - 1})", total(near) - total(near - 1), is_reason=True),
    ]
    return Problem(statement, parts[: PARTS[level]])


def powers(rng: random.Random) -> Sum:
    """Binomial theorem."""
    a, x = rng.randint(1, 20), rng.randint(2, 9)
    return Sum(f"{a} * C(n,k) * {x}^k", 0, lambda n, k: a * comb(n, k) * x**k, f"{a}*{x + 1}^n")


def weights(rng: random.Random) -> Sum:
    """Binomial coefficients with linear weights."""
    a, b = rng.randint(1, 20), rng.randint(1, 20)
    return Sum(f"({a}k + {b}) * C(n,k)", 0, lambda n, k: (a * k + b) * comb(n, k), f"({a}*n + {2 * b})*2^n/2")


def telescope(rng: random.Random) -> Sum:
    """Neighbouring factors in the denominator."""
    a, c = rng.randint(1, 20), rng.randint(1, 9)
    return Sum(
        f"{a} / ((k + {c}) * (k + {c + 1}))",
        0,
        lambda n, k: Fraction(a, (k + c) * (k + c + 1)),
        f"{a}*(1/{c} - 1/(n + {c + 1}))",
    )


def factorials(rng: random.Random) -> Sum:
    """Products k * k!, which telescope."""
    a, b = rng.randint(1, 20), rng.randint(1, 20)
    return Sum(f"{a} * k * k! + {b}", 0, lambda n, k: a * k * factorial(k) + b, f"{a}*((n + 1)! - 1) + {b}*(n + 1)")


def beta(rng: random.Random) -> Sum:
    """Alternating binomial sum over shifted reciprocals: a Beta function."""
    a, c = rng.randint(1, 20), rng.randint(1, 6)
    return Sum(
        f"(-1)^k * C(n,k) * {a} / (k + {c})",
        0,
        lambda n, k: Fraction((-1) ** k * comb(n, k) * a, k + c),
        f"{a}*factorial({c - 1})*n!/factorial(n + {c})",
    )


def integral(rng: random.Random) -> Sum:
    """The binomial theorem, integrated."""
    a, x = rng.randint(1, 20), rng.randint(2, 9)
    return Sum(
        f"C(n,k) * {a} * {x}^k / (k + 1)",
        0,
        lambda n, k: Fraction(comb(n, k) * a * x**k, k + 1),
        f"{a}*({x + 1}^(n + 1) - 1)/({x}*(n + 1))",
    )


def alternating(rng: random.Random) -> Sum:
    """Alternating binomial sum over reciprocals: a harmonic number."""
    a, b = rng.randint(1, 20), rng.randint(1, 20)
    return Sum(
        f"(-1)^(k+1) * C(n,k) * {a} / k + {b}",
        1,
        lambda n, k: Fraction((-1) ** (k + 1) * comb(n, k) * a, k) + b,
        f"{a}*H(n) + {b}*n",
    )


def harmonics(rng: random.Random) -> Sum:
    """Harmonic numbers with linear weights."""
    a, b = rng.randint(1, 20), rng.randint(1, 20)
    return Sum(
        f"({a}k + {b}) * H(k), where H(k) = 1 + 1/2 + ... + 1/k",
        1,
        lambda n, k: (a * k + b) * harmonic(k),
        f"{a}*(n*(n + 1)*H(n)/2 - n*(n - 1)/4) + {b}*((n + 1)*H(n) - n)",
    )


def squares(rng: random.Random) -> Sum:
    """Alternating binomial sum over squared reciprocals."""
    a, b = rng.randint(1, 20), rng.randint(0, 20)
    return Sum(
        f"(-1)^k * C(n,k) * ({a} / (k + 1)^2 + {b} / (k + 1))",
        0,
        lambda n, k: (-1) ** k * comb(n, k) * (Fraction(a, (k + 1) ** 2) + Fraction(b, k + 1)),
        f"({a}*H(n + 1) + {b})/(n + 1)",
    )


def wide_telescope(rng: random.Random) -> Sum:
    """Denominators whose factors lie two apart."""
    a, c = rng.randint(1, 20), rng.randint(1, 9)
    return Sum(
        f"{a} / ((k + {c}) * (k + {c + 2}))",
        0,
        lambda n, k: Fraction(a, (k + c) * (k + c + 2)),
        f"{a}/2*(1/{c} + 1/{c + 1} - 1/(n + {c + 1}) - 1/(n + {c + 2}))",
    )


EASY: Sequence[Callable[[random.Random], Sum]] = (powers, weights, telescope, factorials)
HARD: Sequence[Callable[[random.Random], Sum]] = (beta, integral, alternating, harmonics)
HELD_OUT: Sequence[Callable[[random.Random], Sum]] = (squares, wide_telescope)
