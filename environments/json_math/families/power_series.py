"""Series by composition: exponentials, logarithms, inverse functions (Lagrange), roots."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from math import comb, factorial, gcd

from agentgym.environments.json_math.problem import Part, Problem, closed_form, fraction, integer, integers

ORDERS = {1: (2, 4), 2: (3, 5), 3: (4, 7), 4: (6, 10), 5: (9, 15)}
SERIES = "and let f(n) be the coefficient of x^n in its power series at x = 0."


def exponential(rng: random.Random, level: int) -> Problem:
    """The exponential of a quadratic polynomial."""
    n, a, b = rng.randint(*ORDERS[level]), rng.randint(1, 20), rng.choice([c for c in range(-9, 10) if c])
    f = exp_series([Fraction(0), Fraction(a), Fraction(b)], max(n + 1, 5))
    statement = f"Let F(x) = exp({_times(a, 'x')} {_term(b)}^2), {SERIES}"
    parts = [
        fraction("coefficient", f"f({n})", f[n]),
        _scaled(f),
        integers(
            "recurrence",
            "[p, q] such that (n+1) f(n+1) = p f(n) + q f(n-1) for every n >= 1",
            [a, 2 * b],
            is_reason=True,
        ),
        fraction("product", f"f(0) f({n}) + f(1) f({n - 1}) + ... + f({n}) f(0)", _square(f, n)),
        closed_form(
            "as_sum",
            "f(n) for every n >= 0, as a finite sum over an index or without one",
            f"sum({a}^(n - 2*k)*({b})^k/(factorial(n - 2*k)*factorial(k)), k, 0, floor(n/2))",
            sums=True,
        ),
    ]
    return Problem(statement, parts)


def logarithm(rng: random.Random, level: int) -> Problem:
    """The logarithm of a quotient of powers: power sums."""
    n = rng.randint(*ORDERS[level])
    a, b = rng.sample(range(2, 10), 2)
    c, d = rng.randint(1, 3 + level), rng.randint(1, 3 + level)
    f = [Fraction(0)] + [Fraction(d * b**m - c * (-a) ** m, m) for m in range(1, max(n + 1, 5) + 1)]
    statement = f"Let F(x) = ln((1 + {a}x)^{c}/(1 - {b}x)^{d}), {SERIES}"
    parts = [
        fraction("coefficient", f"f({n})", f[n]),
        integers(
            "scaled",
            "n f(n) for n = 1, 2, 3, 4, 5",
            [(m * f[m]).numerator for m in range(1, 6)],
            is_reason=True,
        ),
        integers(
            "recurrence",
            "[p, q] such that g(n) = n f(n) has g(n) = p g(n-1) + q g(n-2) for every n >= 3",
            [b - a, a * b],
            is_reason=True,
        ),
        closed_form("closed_form", "f(n) for every n >= 1", f"({d}*{b}^n - {c}*(-{a})^n)/n", first_n=1),
        fraction("radius", "the radius of convergence of the series", Fraction(1, max(a, b)), is_reason=True),
    ]
    return Problem(statement, parts)


def inverse(rng: random.Random, level: int) -> Problem:
    """A power of the solution y of y = x phi(y), by Lagrange inversion."""
    m, a, k = rng.randint(2, 3 + level // 2), rng.randint(1, 20), rng.randint(1, 1 + level)
    n = k + rng.randint(*ORDERS[level])
    ratio = Fraction((m - 1) ** (m - 1), m**m * a)
    inner = "y" if a == 1 else f"{a}y"
    if rng.random() < 0.5:
        phi, top = f"(1 + {inner})^{m}", [comb(m * i, i - k) * a ** (i - k) for i in range(k, n + 1)]
        closed = f"{k}*binomial({m}*n, n - {k})*{a}^(n - {k})/n"
    else:
        m -= 1
        bottom = f"(1 - {inner})^{m}" if m > 1 else f"(1 - {inner})"
        phi, top = f"1/{bottom}", [comb((m + 1) * i - k - 1, i - k) * a ** (i - k) for i in range(k, n + 1)]
        closed = f"{k}*binomial({m + 1}*n - {k + 1}, n - {k})*{a}^(n - {k})/n"
    values = [Fraction(k * c, i) for i, c in enumerate(top, k)]
    power = "y" if k == 1 else f"y^{k}"
    statement = (
        f"Let y be the power series in x with y = x phi(y), where phi(y) = {phi}, and let f(n) be the coefficient of "
        f"x^n in {power}."
    )
    parts = [
        integer("coefficient", f"f({n})", values[-1].numerator),
        integer("lagrange", f"the coefficient of y^{n - k} in phi(y)^{n}", top[-1], is_reason=True),
        integers("first", f"f({k}), f({k + 1}), f({k + 2})", [v.numerator for v in values[:3]], is_reason=True),
        closed_form("closed_form", f"f(n) for every n >= {k}, without a sum", closed, first_n=k),
        fraction("radius", "the radius of convergence of this series in x", ratio, is_reason=True),
    ]
    return Problem(statement, parts)


def harmonic_numbers(a: int, c: int, d: int, n: int) -> Fraction:
    """Return the coefficient of x^n in (d - c ln(1 - ax))/(1 - ax)."""
    numbers = sum((Fraction(1, k) for k in range(1, n + 1)), Fraction(0))
    return Fraction(a) ** n * (c * numbers + d)


def harmonic_series(rng: random.Random, level: int) -> Problem:
    """A logarithm over a linear factor: harmonic numbers."""
    n, a, c, d = rng.randint(*ORDERS[level]), rng.randint(2, 7), rng.randint(1, 9), rng.randint(-9, 9)
    lead = f"{d} - " if d else "-"
    statement = f"Let F(x) = ({lead}{_times(c, 'ln')}(1 - {a}x))/(1 - {a}x), {SERIES}"
    value, before = (harmonic_numbers(a, c, d, m) for m in (n, n - 1))
    late = rng.randint(16, 25)
    parts = [
        fraction("coefficient", f"f({n})", value),
        fraction("step", f"f({n}) - {a} f({n - 1})", value - a * before, is_reason=True),
        fraction("radius", "the radius of convergence of the series", Fraction(1, a), is_reason=True),
        closed_form("closed_form", "f(n) for every n >= 0, without a sum", f"{a}^n*({c}*H(n) + ({d}))"),
        fraction("late", f"f({late})", harmonic_numbers(a, c, d, late)),
    ]
    return Problem(statement, parts)


def root(rng: random.Random, level: int) -> Problem:
    """A linear factor to a fractional power: the binomial series."""
    n, a = rng.randint(*ORDERS[level]), rng.choice([c for c in range(-9, 10) if abs(c) > 1])
    bottom = rng.randint(2, 5)
    exponent = Fraction(rng.choice([p for p in range(-7, 8) if gcd(p, bottom) == 1]), bottom)
    f = [Fraction(1)]
    for m in range(n + 1):
        f.append(f[-1] * (exponent - m) * a / (m + 1))
    statement = f"Let F(x) = (1 {_term(a)})^({exponent}), with F(0) = 1, {SERIES}"
    parts = [
        fraction("coefficient", f"f({n})", f[n]),
        fraction("next", f"f({n + 1})", f[n + 1]),
        fraction("step", f"f({n + 1})/f({n})", f[n + 1] / f[n], is_reason=True),
        closed_form("ratio", "f(n+1)/f(n) as an expression in n, for every n >= 0", f"({exponent} - n)*({a})/(n + 1)"),
        fraction("radius", "the radius of convergence of the series", Fraction(1, abs(a)), is_reason=True),
    ]
    return Problem(statement, parts)


def nested(rng: random.Random, level: int) -> Problem:
    """The exponential of a rational function: Lah numbers."""
    n, a, b = rng.randint(*ORDERS[level]), rng.randint(1, 20), rng.choice([c for c in range(-9, 10) if c])
    f = exp_series([Fraction(0)] + [Fraction(a * b ** (m - 1)) for m in range(1, max(n + 1, 5) + 1)], max(n + 1, 5))
    statement = f"Let F(x) = exp({_times(a, 'x')}/(1 {_term(-b)})), {SERIES}"
    parts = [
        fraction("coefficient", f"f({n})", f[n]),
        _scaled(f),
        integers(
            "recurrence",
            "[p, q, r] such that (n+1) f(n+1) = (p n + q) f(n) - r (n-1) f(n-1) for every n >= 1",
            [2 * b, a, b * b],
            is_reason=True,
        ),
        fraction("product", f"f(0) f({n}) + f(1) f({n - 1}) + ... + f({n}) f(0)", _square(f, n)),
        closed_form(
            "as_sum",
            "f(n) for every n >= 1, as a finite sum over an index or without one",
            f"sum(binomial(n - 1, k - 1)*{a}^k*({b})^(n - k)/factorial(k), k, 1, n)",
            first_n=1,
            sums=True,
        ),
    ]
    return Problem(statement, parts)


def exp_series(inner: Sequence[Fraction], most: int) -> list[Fraction]:
    """Return the coefficients up to x^most of the exponential of a series without constant term: F' = G' F."""
    f = [Fraction(1)]
    for n in range(1, most + 1):
        total = sum((k * inner[k] * f[n - k] for k in range(1, min(n, len(inner) - 1) + 1)), Fraction(0))
        f.append(total / n)
    return f


def _scaled(f: Sequence[Fraction]) -> Part:
    values = [(factorial(m) * f[m]).numerator for m in range(6)]
    return integers("scaled", "n! f(n) for n = 0, 1, 2, 3, 4, 5", values, is_reason=True)


def _square(f: Sequence[Fraction], n: int) -> Fraction:
    return sum((f[k] * f[n - k] for k in range(n + 1)), Fraction(0))


def _times(count: int, name: str) -> str:
    return name if count == 1 else f"{count}{name}" if len(name) == 1 else f"{count} {name}"


def _term(factor: int) -> str:
    return f"{'-' if factor < 0 else '+'} {_times(abs(factor), 'x')}"
