"""Rules that give an expression another form of the same value, by the identities of a textbook.

Some hold only where what they introduce is defined, as H(n) = H(n - 1) + 1/n from n = 1 on; whoever applies them looks
at the values (`decimals`) before trusting the result.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
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
from agentgym.environments.json_math.variants.printer import decimal_places
from agentgym.environments.json_math.variants.trees import (
    Rule,
    add,
    changed_somewhere,
    literal,
    minus,
    number,
    over,
    power,
    shifted,
    substituted,
    times,
)

ONE = number(1)
PI, GAMMA = Constant("pi"), Constant("gamma")
# pi^k/zeta(k)
ZETA = {2: 6, 4: 90, 6: 945}
TRIES = 12


def rewritten(tree: Expression, rng: random.Random, steps: int, *, sums: bool) -> tuple[Expression, list[str]]:
    """Return an equal tree after some random steps, and the names of the rules that were used.

    Args:
        tree: what is to be rewritten.
        rng: the only source of chance.
        steps: how many rules are applied, if as many can be.
        sums: whether sums over an index may come in.
    """
    used: list[str] = []
    names = NAMES if sums else tuple(name for name in NAMES if name != "sums")
    for _ in range(steps):
        for _ in range(TRIES):
            name = rng.choice(names)
            new = changed_somewhere(tree, RULES[name], rng)
            if new is not None:
                tree = new
                used.append(name)
                break
    return tree, used


def commute(tree: Expression, rng: random.Random) -> Expression | None:
    """Change the order of two operands."""
    match tree:
        case Binary("+", left, Negative(right)):
            return minus(left, right)
        case Binary("+" | "*" as operator, left, right):
            return Binary(operator, right, left)
        case Binary("-", left, right):
            return add(Negative(right), left)
    return None


def associate(tree: Expression, rng: random.Random) -> Expression | None:
    """Move a bracket: (a + b) + c = a + (b + c)."""
    match tree:
        case Binary("+" | "*" as outer, Binary(inner, a, b), c) if outer == inner:
            return Binary(outer, a, Binary(outer, b, c))
        case Binary("+" | "*" as outer, a, Binary(inner, b, c)) if outer == inner:
            return Binary(outer, Binary(outer, a, b), c)
        case Binary("-", a, Binary("+", b, c)):
            return minus(minus(a, b), c)
        case Binary("*", a, Binary("/", b, c)):
            return over(times(a, b), c)
        case Binary("/", Binary("*", a, b), c):
            return times(a, over(b, c))
        case Binary("/", Binary("/", a, b), c):
            return over(a, times(b, c))
    return None


def expand(tree: Expression, rng: random.Random) -> Expression | None:
    """Multiply or divide a sum term by term."""
    match tree:
        case Binary("*", Binary("+" | "-" as sign, a, b), c):
            return Binary(sign, times(a, c), times(b, c))
        case Binary("*", a, Binary("+" | "-" as sign, b, c)):
            return Binary(sign, times(a, b), times(a, c))
        case Binary("/", Binary("+" | "-" as sign, a, b), c):
            return Binary(sign, over(a, c), over(b, c))
        case Negative(Binary("-", a, b)):
            return minus(b, a)
    return None


def collect(tree: Expression, rng: random.Random) -> Expression | None:
    """Take a common factor or divisor out of a sum."""
    match tree:
        case Binary("+" | "-" as sign, Binary("*", a, b), Binary("*", c, d)) if a == c:
            return times(a, Binary(sign, b, d))
        case Binary("+" | "-" as sign, Binary("/", a, b), Binary("/", c, d)):
            return over(Binary(sign, times(a, d), times(c, b)), times(b, d))
    return None


def neutral(tree: Expression, rng: random.Random) -> Expression | None:
    """Add nothing, multiply by one."""
    zero, what = number(0), number(rng.randint(2, 9))
    forms = [
        add(tree, zero),
        add(zero, tree),
        minus(tree, zero),
        times(tree, ONE),
        times(ONE, tree),
        over(tree, ONE),
        power(tree, ONE),
        Negative(Negative(tree)),
        minus(add(tree, what), what),
        over(times(what, tree), what),
        minus(times(what, tree), times(shifted(what, -1), tree)),
    ]
    return rng.choice(forms)


def divide(tree: Expression, rng: random.Random) -> Expression | None:
    """Write a quotient another way: a/b = a b^-1 = a (1/b) = (ka)/(kb)."""
    match tree:
        case Binary("/", a, b):
            k = number(rng.randint(2, 9))
            inverse = power(b, number(-1))
            return rng.choice(
                [times(a, inverse), times(inverse, a), times(a, over(ONE, b)), over(times(k, a), times(k, b))]
            )
        case Binary("*", a, Binary("^", b, Negative(Number(value)))) if value == 1:
            return over(a, b)
    return None


def powers(tree: Expression, rng: random.Random) -> Expression | None:
    """Split a power: a^(x + y) = a^x a^y, (ab)^x = a^x b^x, a^x = a a^(x - 1)."""
    match tree:
        case Binary("^", base, Binary("+" | "-" as sign, x, y)) if rng.random() < 0.6:
            return Binary("*" if sign == "+" else "/", power(base, x), power(base, y))
        case Binary("^", base, Number(value)) if value == 2:
            return times(base, base)
        case Binary("^", Binary("*" | "/" as operator, a, b), x):
            return Binary(operator, power(a, x), power(b, x))
        case Binary("^", Number(value) as base, x) if value > 1:
            factor = _proper_divisor(value.numerator, rng) if value.denominator == 1 else None
            if factor is not None and rng.random() < 0.6:
                return times(power(number(factor), x), power(number(value / factor), x))
            return (
                times(base, power(base, shifted(x, -1)))
                if rng.random() < 0.5
                else over(power(base, shifted(x, 1)), base)
            )
        case Binary("*", Binary("^", a, x), Binary("^", b, y)) if a == b:
            return power(a, add(x, y))
        case Binary("^", Negative(Number(value)), x) if value == 1:
            return rng.choice([Negative(power(number(-1), shifted(x, 1))), power(number(-1), shifted(x, 2))])
    return None


def factorials(tree: Expression, rng: random.Random) -> Expression | None:
    """Shift a factorial: m! = m (m - 1)! = (m + 1)!/(m + 1)."""
    match tree:
        case Apply("factorial", (m,)):
            less, more = Apply("factorial", (shifted(m, -1),)), Apply("factorial", (shifted(m, 1),))
            return rng.choice([times(m, less), times(less, m), over(more, shifted(m, 1))])
        case Number(value) if value in (1, 2, 6, 24, 120):
            return Apply("factorial", (number({1: 1, 2: 2, 6: 3, 24: 4, 120: 5}[value.numerator]),))
    return None


def binomials(tree: Expression, rng: random.Random) -> Expression | None:
    """Symmetry, Pascal's rule, absorption and factorials of binomial coefficients."""
    match tree:
        case Apply("binomial", (a, b)):
            rest = minus(a, b)
            above, beside = shifted(a, -1), shifted(b, -1)
            parts = [Apply("factorial", (x,)) for x in (a, b, rest)]
            forms = [
                Apply("binomial", (a, rest)),
                add(Apply("binomial", (above, beside)), Apply("binomial", (above, b))),
                minus(Apply("binomial", (shifted(a, 1), b)), Apply("binomial", (a, beside))),
                over(parts[0], times(parts[1], parts[2])),
                times(over(a, b), Apply("binomial", (above, beside))),
            ]
            return rng.choice(forms)
        case Variable() | Binary("+", Variable(), Number()):
            return Apply("binomial", (tree, ONE))
    return None


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
    factor = _proper_divisor(value.numerator, rng) if value.denominator == 1 else None
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


def numbers(tree: Expression, rng: random.Random) -> Expression | None:
    """Write a number as a sum, difference, product, quotient or decimal of others."""
    match tree:
        case Binary("/", Number(a), Number(b)) if b and decimal_places(a / b) is not None:
            return Number(a / b)
        case Number(value) if (k := literal(tree)) is not None:
            less, factor = rng.randint(1, 9), _proper_divisor(k, rng)
            forms = [add(number(k - less), number(less)), minus(number(k + less), number(less))]
            forms += [over(number(k * less), number(less))]
            if factor is not None:
                forms.append(times(number(factor), number(value / factor)))
            return rng.choice(forms)
    return None


def _proper_divisor(value: int, rng: random.Random) -> int | None:
    divisors = [d for d in range(2, min(value, 100)) if value % d == 0]
    return rng.choice(divisors) if divisors else None


RULES: Mapping[str, Rule] = {
    "commute": commute,
    "associate": associate,
    "expand": expand,
    "collect": collect,
    "neutral": neutral,
    "divide": divide,
    "powers": powers,
    "factorials": factorials,
    "binomials": binomials,
    "harmonics": harmonics,
    "digammas": digammas,
    "constants": constants,
    "roundings": roundings,
    "sums": sums,
    "numbers": numbers,
}
NAMES = tuple(RULES)
