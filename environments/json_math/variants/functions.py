"""Rules for harmonic numbers, psi, zeta, logarithms, rounding and sums over an index; see `rewriting`."""

from __future__ import annotations

import random
from fractions import Fraction

from agentgym.environments.json_math.language.tree import (
    Apply,
    Binary,
    Constant,
    Expression,
    Negative,
    Number,
    Sum,
    Variable,
)
from agentgym.environments.json_math.variants.trees import (
    ONE,
    add,
    minus,
    number,
    over,
    power,
    proper_divisor,
    shifted,
    substituted,
    times,
)

PI, GAMMA = Constant("pi"), Constant("gamma")
# pi^k/zeta(k)
ZETA = {2: 6, 4: 90, 6: 945}


def harmonics(tree: Expression, rng: random.Random) -> Expression | None:
    """Shift a harmonic number: H(m) = H(m - 1) + 1/m = H(m + 1) - 1/(m + 1)."""
    match tree:
        case Apply("harmonic", (m, *orders)):
            order = orders[0] if orders else None

            def term(k: Expression) -> Expression:
                return over(ONE, k if order is None or order == ONE else power(k, order))

            less, more = shifted(m, -1), shifted(m, 1)
            forms = [
                add(Apply("harmonic", (less, *orders)), term(m)),
                minus(Apply("harmonic", (more, *orders)), term(more)),
                Apply("harmonic", (m, order or ONE)),
            ]
            return rng.choice(forms)
    return None


def digammas(tree: Expression, rng: random.Random) -> Expression | None:
    """Pass between harmonic numbers and psi: H(m) = psi(m + 1) + gamma, psi(x) = psi(x + 1) - 1/x."""
    match tree:
        case Apply("harmonic", (m,)):
            psi = Apply("psi", (shifted(m, 1),))
            return rng.choice([add(psi, GAMMA), add(GAMMA, psi), minus(psi, Apply("psi", (ONE,)))])
        case Apply("psi", (x,)):
            more = minus(Apply("psi", (shifted(x, 1),)), over(ONE, x))
            return rng.choice([more, minus(Apply("harmonic", (shifted(x, -1),)), GAMMA)])
        case Apply("polygamma", (order, x)) if order == ONE:
            return add(Apply("polygamma", (order, shifted(x, 1))), over(ONE, power(x, number(2))))
        case Constant("gamma"):
            return Negative(Apply("psi", (ONE,)))
    return None


def constants(tree: Expression, rng: random.Random) -> Expression | None:
    """Rewrite zeta, pi and logarithms: zeta(2) = pi^2/6, ln 6 = ln 2 + ln 3, ln 4 = 2 ln 2."""
    match tree:
        case Apply("zeta", (Number(value),)) if value in ZETA:
            return over(power(PI, number(value)), number(ZETA[value.numerator]))
        case Binary("^", Constant("pi"), Number(value)) if value in ZETA:
            return times(number(ZETA[value.numerator]), Apply("zeta", (number(value),)))
        case Apply("ln", (Number(value),)) if value > 0:
            return _logarithm(value, rng)
        case Apply("ln", (Binary("/", a, b),)):
            return minus(Apply("ln", (a,)), Apply("ln", (b,)))
        case Binary("+" | "-" as sign, Apply("ln", (a,)), Apply("ln", (b,))):
            return Apply("ln", (times(a, b) if sign == "+" else over(a, b),))
        case Binary("*", Number(value), Apply("ln", (a,))) if 1 < value < 10 and value.denominator == 1:
            return Apply("ln", (power(a, number(value)),))
    return None


def _logarithm(value: Fraction, rng: random.Random) -> Expression:
    """Return ln of a number as a sum, a multiple or a difference of others."""
    factor = proper_divisor(value.numerator, rng) if value.denominator == 1 else None
    if factor is None:
        k = rng.randint(2, 9)
        inverse = Negative(Apply("ln", (number(1 / value),)))
        return rng.choice([inverse, minus(Apply("ln", (number(k * value),)), Apply("ln", (number(k),)))])
    other = value / factor
    if other == factor:
        return times(number(2), Apply("ln", (number(factor),)))
    return add(Apply("ln", (number(factor),)), Apply("ln", (number(other),)))


def roundings(tree: Expression, rng: random.Random) -> Expression | None:
    """Round what is an integer: n = floor(n + 1/3) = ceil(n - 1/2), floor(x) = -ceil(-x)."""
    match tree:
        case Variable("n"):
            part = number(Fraction(1, rng.randint(2, 5)))
            return rng.choice([Apply("floor", (add(tree, part),)), Apply("ceil", (minus(tree, part),))])
        case Apply("floor" | "ceil" as name, (x,)):
            return Negative(Apply("ceil" if name == "floor" else "floor", (Negative(x),)))
    return None


def sums(tree: Expression, rng: random.Random) -> Expression | None:
    """Write a harmonic number, a power of 2 or a multiple as the sum that it is."""
    k = Variable("k")
    match tree:
        case Apply("harmonic", (m, *orders)):
            return Sum(over(ONE, power(k, orders[0]) if orders else k), "k", ONE, m)
        case Binary("^", Number(value), exponent) if value == 2:
            return Sum(Apply("binomial", (exponent, k)), "k", number(0), exponent)
        case Variable("n"):
            return Sum(ONE, "k", ONE, tree)
        case Sum(Binary("+" | "-" as sign, a, b), index, first, last):
            return Binary(sign, Sum(a, index, first, last), Sum(b, index, first, last))
        case Sum(body, index, first, last):
            return minus(Sum(body, index, first, shifted(last, 1)), substituted(body, index, shifted(last, 1)))
    return None
