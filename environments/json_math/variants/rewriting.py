"""Rules that give an expression another form of the same value, by the identities of a textbook.

Some hold only where what they introduce is defined, as H(n) = H(n - 1) + 1/n from n = 1 on; whoever applies them looks
at the values (`decimals`) before trusting the result.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from agentgym.environments.json_math.language.tree import (
    Apply,
    Binary,
    Expression,
    Negative,
    Number,
    Variable,
)
from agentgym.environments.json_math.variants import functions
from agentgym.environments.json_math.variants.printer import decimal_places
from agentgym.environments.json_math.variants.trees import (
    ONE,
    Rule,
    add,
    changed_somewhere,
    literal,
    minus,
    number,
    over,
    power,
    proper_divisor,
    shifted,
    times,
)

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
            factor = proper_divisor(value.numerator, rng) if value.denominator == 1 else None
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


def numbers(tree: Expression, rng: random.Random) -> Expression | None:
    """Write a number as a sum, difference, product, quotient or decimal of others."""
    match tree:
        case Binary("/", Number(a), Number(b)) if b and decimal_places(a / b) is not None:
            return Number(a / b)
        case Number(value) if (k := literal(tree)) is not None:
            less, factor = rng.randint(1, 9), proper_divisor(k, rng)
            forms = [add(number(k - less), number(less)), minus(number(k + less), number(less))]
            forms += [over(number(k * less), number(less))]
            if factor is not None:
                forms.append(times(number(factor), number(value / factor)))
            return rng.choice(forms)
    return None


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
    "harmonics": functions.harmonics,
    "digammas": functions.digammas,
    "constants": functions.constants,
    "roundings": functions.roundings,
    "sums": functions.sums,
    "numbers": numbers,
}
NAMES = tuple(RULES)
