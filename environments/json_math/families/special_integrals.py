"""Integrals of Beta, Gamma and zeta type: powers, logarithms, sines and exponentials."""

from __future__ import annotations

import random
from fractions import Fraction
from math import comb, factorial

from agentgym.environments.json_math.families.writing import exact, polynomial
from agentgym.environments.json_math.problem import Problem, closed_form, constant, fraction, integer

POWERS = {1: (1, 4), 2: (2, 5), 3: (3, 7), 4: (5, 9), 5: (7, 12)}
ORDERS = {1: (1, 2), 2: (1, 2), 3: (1, 3), 4: (2, 4), 5: (2, 4)}
LARGEST_FACTOR = 60
LARGEST_FACTOR_HELD_OUT = 999
LARGEST_FACTOR_OF_ONE_FRACTION = 400


def harmonic(n: int, order: int = 1) -> Fraction:
    """Return 1 + 1/2^order + ... + 1/n^order."""
    return sum((Fraction(1, k**order) for k in range(1, n + 1)), Fraction(0))


def beta(rng: random.Random, level: int) -> Problem:
    """Powers of x and 1 - x: Euler's Beta function."""
    c, a, b = rng.randint(1, LARGEST_FACTOR), rng.randint(*POWERS[level]), rng.randint(*POWERS[level])
    value = c * beta_value(a, b)
    half = sum((Fraction((-1) ** j * comb(b, j), (a + j + 1) * 2 ** (a + j + 1)) for j in range(b + 1)), Fraction(0))
    statement = f"Let I be the integral from 0 to 1 of {_power(c, 'x', a)} (1 - x)^{b} dx."
    parts = [
        fraction("value", "I", value),
        fraction(
            "step",
            f"I divided by the integral from 0 to 1 of {_power(c, 'x', a + 1)} (1 - x)^{b - 1} dx",
            Fraction(b, a + 1),
            is_reason=True,
        ),
        closed_form(
            "closed_form",
            f"the integral from 0 to 1 of {_power(c, 'x', 'n')} (1 - x)^{b} dx, for every n >= 0",
            f"{c}*{factorial(b)}*factorial(n)/factorial(n + {b + 1})",
        ),
        fraction(
            "with_ln",
            f"the integral from 0 to 1 of {_power(c, 'x', a)} (1 - x)^{b} ln(x) dx",
            value * (harmonic(a) - harmonic(a + b + 1)),
        ),
        fraction("half", f"the integral from 0 to 1/2 of {_power(c, 'x', a)} (1 - x)^{b} dx", c * half),
    ]
    return Problem(statement, parts)


def beta_value(a: int, b: int) -> Fraction:
    """Return the integral from 0 to 1 of x^a (1 - x)^b."""
    return Fraction(factorial(a) * factorial(b), factorial(a + b + 1))


def logarithm_powers(rng: random.Random, level: int) -> Problem:
    """A polynomial times a power of ln x."""
    k, (a, b) = rng.randint(*ORDERS[level]), rng.sample(range(1, POWERS[level][1] + 3), 2)
    c, d = rng.randint(1, LARGEST_FACTOR), rng.randint(-9, 9) if level > 1 else 0
    top = [0] * (max(a, b) + 1)
    top[a], top[b] = c, d
    scale = (-1) ** k * factorial(k)
    value = scale * (Fraction(c, (a + 1) ** (k + 1)) + Fraction(d, (b + 1) ** (k + 1)))
    shown, log = polynomial(top), _power(1, "ln(x)", k)
    statement = f"Let I be the integral from 0 to 1 of ({shown}) {log} dx."
    parts = [
        fraction("value", "I", value),
        fraction(
            "step",
            f"the integral from 0 to 1 of x^{a} {log} dx divided by that of x^{a} {_power(1, 'ln(x)', k - 1)}",
            Fraction(-k, a + 1),
            is_reason=True,
        ),
        closed_form(
            "closed_form",
            f"the integral from 0 to 1 of x^n {log} dx, for every n >= 0",
            f"{scale}/(n + 1)^{k + 1}",
        ),
        fraction(
            "next",
            f"the integral from 0 to 1 of ({shown}) {_power(1, 'ln(x)', k + 1)} dx",
            -scale * (k + 1) * (Fraction(c, (a + 1) ** (k + 2)) + Fraction(d, (b + 1) ** (k + 2))),
        ),
        closed_form(
            "mixed",
            f"the integral from 0 to 1 of x^n ({shown}) {log} dx, for every n >= 0",
            f"{scale}*({c}/(n + {a + 1})^{k + 1} + ({d})/(n + {b + 1})^{k + 1})",
        ),
    ]
    return Problem(statement, parts)


def zeta_values(rng: random.Random, level: int) -> Problem:
    """A power of ln x over 1 - x: a zeta value less a harmonic number."""
    c, n, k = rng.randint(1, LARGEST_FACTOR), rng.randint(*POWERS[level]), rng.randint(*ORDERS[level])
    scale = c * (-1) ** k * factorial(k)
    log = _power(1, "ln(x)", k)
    statement = f"Let I(m) be the integral from 0 to 1 of {_power(c, 'x', 'm')} {log}/(1 - x) dx, for integers m >= 0."
    values = exact({f"zeta({k + 1})": Fraction(scale), "1": -scale * harmonic(n, k + 1)})
    parts = [
        constant("value", f"I({n})", values),
        integer("zeta", f"I(0)/zeta({k + 1}), an integer", scale, is_reason=True),
        fraction("step", f"I({n}) - I({n - 1})", Fraction(-scale, n ** (k + 1)), is_reason=True),
        closed_form("closed_form", "I(0) - I(n), for every n >= 0", f"{scale}*H(n,{k + 1})"),
        fraction(
            "rational",
            f"I({n}) - I(0), a fraction",
            -scale * harmonic(n, k + 1),
            is_reason=True,
        ),
    ]
    return Problem(statement, parts)


def sines(rng: random.Random, level: int) -> Problem:
    """Powers of sine and cosine over a quarter period: Wallis's integrals."""
    c, m, n = rng.randint(1, LARGEST_FACTOR), rng.randint(*POWERS[level]), rng.randint(*POWERS[level])
    statement = (
        f"Let I(m) be the integral from 0 to pi/2 of {_power(c, 'sin(x)', 'm')} {_power(1, 'cos(x)', n)} dx, for "
        "integers m >= 0."
    )
    parts = [
        constant("value", f"I({m})", exact(wallis(m, n, c))),
        fraction("step", f"I({m + 2})/I({m})", Fraction(m + 1, m + n + 2), is_reason=True),
        constant("next", f"I({m + 1})", exact(wallis(m + 1, n, c))),
        closed_form("ratio", "I(n+2)/I(n) as an expression in n, for every n >= 0", f"(n + 1)/(n + {n + 2})"),
        closed_form(
            "closed_form",
            f"the integral from 0 to pi/2 of {_power(c, 'sin(x)', '(2n+1)')} dx, for every n >= 0",
            f"{c}*4^n*factorial(n)^2/factorial(2*n + 1)",
        ),
    ]
    return Problem(statement, parts)


def wallis(m: int, n: int, factor: int) -> dict[str, Fraction]:
    """Return factor times the integral of sin^m cos^n over a quarter period, as a multiple of 1 or of pi."""
    share = Fraction(factor)
    while m > 1:
        share *= Fraction(m - 1, m + n)
        m -= 2
    while n > 1:
        share *= Fraction(n - 1, m + n)
        n -= 2
    # What is left is 1 (pi/2 in all), sin or cos (1), or sin cos (1/2).
    return {"pi": share / 2} if m + n == 0 else {"1": share / (m + n)}


def exponential_moment(rng: random.Random, level: int) -> Problem:
    """A power times an exponential on the half-line."""
    c, n, a = rng.randint(1, LARGEST_FACTOR_OF_ONE_FRACTION), rng.randint(*POWERS[level]), rng.randint(2, 9)
    statement = f"Let I be the integral from 0 to infinity of {_power(c, 'x', n)} exp(-{a}x) dx."
    return Problem(statement, [fraction("value", "I", Fraction(c * factorial(n), a ** (n + 1)))])


def logarithm_moment(rng: random.Random, level: int) -> Problem:
    """A power times ln(1 - x)."""
    c, n = rng.randint(1, LARGEST_FACTOR_OF_ONE_FRACTION), rng.randint(*POWERS[level])
    statement = f"Let I be the integral from 0 to 1 of {_power(c, 'x', n)} ln(1 - x) dx."
    return Problem(statement, [fraction("value", "I", -c * harmonic(n + 1) / (n + 1))])


def euler(rng: random.Random, level: int) -> Problem:
    """A power, an exponential and a logarithm on the half-line: Euler's constant."""
    c, n, a = rng.randint(1, LARGEST_FACTOR_HELD_OUT), rng.randint(*POWERS[level]), rng.randint(2, 9)
    plain = Fraction(c * factorial(n), a ** (n + 1))
    statement = f"Let I be the integral from 0 to infinity of {_power(c, 'x', n)} exp(-{a}x) ln(x) dx."
    terms = {"1": plain * harmonic(n), "gamma": -plain, f"ln({a})": -plain}
    parts = [
        constant("value", "I, where gamma is Euler's constant 0.5772...", exact(terms)),
        fraction(
            "plain", f"the integral from 0 to infinity of {_power(c, 'x', n)} exp(-{a}x) dx", plain, is_reason=True
        ),
        fraction("rational", f"I + plain (gamma + ln({a})), a fraction", plain * harmonic(n), is_reason=True),
        closed_form(
            "closed_form",
            f"the integral from 0 to infinity of {_power(c, 'x', 'n')} exp(-{a}x) dx, for every n >= 0",
            f"{c}*factorial(n)/{a}^(n + 1)",
        ),
        constant(
            "scaled",
            f"the integral from 0 to infinity of {_power(c, 'x', n)} exp(-x) ln(x) dx",
            exact({"1": c * factorial(n) * harmonic(n), "gamma": Fraction(-c * factorial(n))}),
        ),
    ]
    return Problem(statement, parts)


def two_logarithms(rng: random.Random, level: int) -> Problem:
    """A power times ln(x) ln(1 - x): pi squared."""
    c, n = rng.randint(1, LARGEST_FACTOR_HELD_OUT), rng.randint(*POWERS[level])
    rational = Fraction(c, n + 1) * (harmonic(n + 1) / (n + 1) + harmonic(n + 1, 2))
    square = Fraction(-c, 6 * (n + 1))
    statement = f"Let I be the integral from 0 to 1 of {_power(c, 'x', n)} ln(x) ln(1 - x) dx."
    parts = [
        constant("value", "I", exact({"1": rational, "pi^2": square})),
        fraction("square", "the fraction s in I = r + s pi^2, r a fraction", square, is_reason=True),
        fraction(
            "single",
            f"the integral from 0 to 1 of {_power(c, 'x', n)} ln(1 - x) dx",
            -c * harmonic(n + 1) / (n + 1),
            is_reason=True,
        ),
        closed_form(
            "closed_form",
            f"the integral from 0 to 1 of {_power(c, 'x', 'n')} ln(1 - x) dx, for every n >= 0",
            f"-{c}*H(n + 1)/(n + 1)",
        ),
        fraction("rational", "the fraction r in I = r + s pi^2, s a fraction", rational, is_reason=True),
    ]
    return Problem(statement, parts)


def _power(factor: int, base: str, exponent: int | str) -> str:
    """Return a multiple of a power as text; functions take their exponents in front, as sin^3(x)."""
    if exponent == 0:
        return str(factor)
    if exponent == 1:
        text = base
    elif "(" in base:
        text = f"{base[: base.index('(')]}^{exponent}{base[base.index('(') :]}"
    else:
        text = f"{base}^{exponent}"
    return text if factor == 1 else f"{factor} {text}" if "(" in base else f"{factor}{text}"
