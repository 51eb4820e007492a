"""Integrals of rational functions, and of logarithms and arctangents that become such by parts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

from agentgym.environments.json_math.families.writing import exact, polynomial
from agentgym.environments.json_math.problem import Part, Problem, constant, fraction, integer, integers

DEGREES = {1: (1, 2), 2: (2, 3), 3: (3, 4), 4: (4, 6), 5: (6, 8)}
POWERS = {1: (0, 1), 2: (1, 3), 3: (2, 5), 4: (4, 8), 5: (6, 12)}
LARGEST = {1: 5, 2: 9, 3: 9, 4: 15, 5: 20}


def circle(rng: random.Random, level: int) -> Problem:
    """A polynomial over 1 + x^2: pi and ln 2 by division with remainder."""
    while True:
        top = _polynomial(rng, level)
        _, remainder = divide(top, [1, 0, 1])
        if all(remainder):
            break
    terms = over_circle(top)
    statement = f"Let I be the integral from 0 to 1 of ({polynomial(top)})/(1 + x^2) dx."
    parts = [
        constant("value", "I", exact(terms)),
        *_coefficients(terms),
        integers(
            "remainder",
            f"[c, d], where c + d x is the remainder of {polynomial(top)} on division by 1 + x^2",
            remainder,
            is_reason=True,
        ),
    ]
    return Problem(statement, parts)


def pole(rng: random.Random, level: int) -> Problem:
    """A polynomial over a linear factor: one logarithm."""
    while True:
        top, shift, end = _polynomial(rng, level), rng.randint(1, 9), rng.randint(1, 1 + level)
        quotient, (rest,) = divide(top, [shift, 1])
        if rest:
            break
    argument = Fraction(end + shift, shift)
    rational = _integral(quotient, end)
    terms = {"1": rational, f"ln({argument})": Fraction(rest)}
    shown = f"({polynomial(top)})/(x + {shift})"
    parts = [
        constant("value", "I", exact(terms)),
        fraction("rational", "the fraction r with I = r + s ln(t), s and t as below", rational, is_reason=True),
        integer("remainder", f"s, the remainder of {polynomial(top)} on division by x + {shift}", rest, is_reason=True),
        fraction("argument", f"t = (x + {shift} at x = {end})/(x + {shift} at x = 0)", argument, is_reason=True),
        integers(
            "quotient", "the coefficients of the quotient of that division, from x^0 up", quotient, is_reason=True
        ),
    ]
    # Parts are cut from the end, so r is asked for only where what it hangs on is named in the same prompt.
    if level < 4:
        parts[1] = fraction(
            "rational", f"the fraction r with I = r + s ln({argument}) and a fraction s", rational, is_reason=True
        )
    return Problem(f"Let I be the integral from 0 to {end} of {shown} dx.", parts)


def logarithm(rng: random.Random, level: int) -> Problem:
    """A power of x times ln(1 + x), by parts."""
    factor, power = rng.randint(2, 60), 2 * rng.randint(1, POWERS[level][1])
    values = [_by_parts(n, {"ln(2)": Fraction(1)}, over_line([0] * (n + 1) + [1]), factor) for n in (power, power + 1)]
    inner = over_line([0] * (power + 1) + [1])
    statement = f"Let I be the integral from 0 to 1 of {factor}x^{power} ln(1 + x) dx."
    parts = [
        constant("value", "I", exact(values[0])),
        fraction("ln2", "the fraction s in I = r + s ln(2), r and s fractions", values[0]["ln(2)"], is_reason=True),
        fraction("rational", "the fraction r in I = r + s ln(2), r and s fractions", values[0]["1"], is_reason=True),
        constant("by_parts", f"the integral from 0 to 1 of x^{power + 1}/(1 + x) dx", exact(inner), is_reason=True),
        constant("next", f"the integral from 0 to 1 of {factor}x^{power + 1} ln(1 + x) dx", exact(values[1])),
    ]
    return Problem(statement, parts)


def arctangent(rng: random.Random, level: int) -> Problem:
    """A power of x times arctan(x), by parts."""
    least, most = POWERS[level]
    # For powers 3, 7, ... pi cancels, and nothing is left to ask for.
    factor, power = rng.randint(2, 60), rng.choice([n for n in range(least, most + 1) if n % 4 != 3])
    inner = over_circle([0] * (power + 1) + [1])
    terms = _by_parts(power, {"pi": Fraction(1, 4)}, inner, factor)
    statement = f"Let I be the integral from 0 to 1 of {polynomial([0] * power + [factor])} arctan(x) dx."
    parts = [
        constant("value", "I", exact(terms)),
        *_coefficients(terms),
        constant("by_parts", f"the integral from 0 to 1 of x^{power + 1}/(1 + x^2) dx", exact(inner), is_reason=True),
    ]
    return Problem(statement, parts)


def over_circle(top: Sequence[int]) -> dict[str, Fraction]:
    """Return the integral from 0 to 1 of a polynomial over 1 + x^2, as multiples of 1, pi and ln(2)."""
    quotient, (flat, slope) = divide(top, [1, 0, 1])
    return {"1": _integral(quotient, 1), "pi": Fraction(flat, 4), "ln(2)": Fraction(slope, 2)}


def over_line(top: Sequence[int]) -> dict[str, Fraction]:
    """Return the integral from 0 to 1 of a polynomial over 1 + x, as multiples of 1 and ln(2)."""
    quotient, (rest,) = divide(top, [1, 1])
    return {"1": _integral(quotient, 1), "ln(2)": Fraction(rest)}


def divide(top: Sequence[int], bottom: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return quotient and remainder of polynomials, lowest coefficients first; the divisor's leading one is 1."""
    rest, degree = list(top), len(bottom) - 1
    quotient = [0] * max(len(top) - degree, 0)
    for place in reversed(range(len(quotient))):
        quotient[place] = rest[place + degree]
        for i, factor in enumerate(bottom):
            rest[place + i] -= quotient[place] * factor
    return quotient, (rest + [0] * degree)[:degree]


def _polynomial(rng: random.Random, level: int) -> list[int]:
    """Return coefficients, few of them 0, the leading one positive."""
    size = LARGEST[level]
    lower = [rng.choice((0, *range(-size, size + 1))) for _ in range(rng.randint(*DEGREES[level]))]
    return [*lower, rng.randint(1, size)]


def _integral(coefficients: Sequence[int], end: int) -> Fraction:
    """Return the integral of a polynomial from 0 to an end."""
    return sum((Fraction(c * end ** (i + 1), i + 1) for i, c in enumerate(coefficients)), Fraction(0))


def _by_parts(
    power: int, end: Mapping[str, Fraction], inner: Mapping[str, Fraction], factor: int
) -> dict[str, Fraction]:
    """Return factor/(power + 1) * (end - inner)."""
    share = Fraction(factor, power + 1)
    return {name: share * (end.get(name, Fraction(0)) - value) for name, value in inner.items()}


def _coefficients(terms: Mapping[str, Fraction]) -> list[Part]:
    names = (("pi", "pi", "s"), ("ln2", "ln(2)", "t"), ("rational", "1", "r"))
    return [
        fraction(
            key, f"the fraction {letter} in I = r + s pi + t ln(2), all three fractions", terms[name], is_reason=True
        )
        for key, name, letter in names
    ]
