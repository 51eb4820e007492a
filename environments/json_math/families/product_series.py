"""Series that are products of simple factors: rational functions, subset sums, coins."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd

from agentgym.environments.json_math.problem import Problem, closed_form, fraction, integer, integers

ORDERS = {1: (2, 6), 2: (4, 6), 3: (6, 9), 4: (9, 14), 5: (15, 25)}
FACTORS = {1: 1, 2: 2, 3: 2, 4: 3, 5: 3}
EXPONENTS = {1: (3, 5, 8), 2: (5, 6, 9), 3: (6, 8, 12), 4: (8, 10, 18), 5: (10, 13, 25)}
COINS = {1: (2, 13, 50), 2: (2, 7, 30), 3: (2, 11, 60), 4: (3, 13, 80), 5: (3, 19, 150)}


def rational(rng: random.Random, level: int) -> Problem:
    """A rational function whose denominator has different roots; closed form by partial fractions."""
    size = 3 + level
    while True:
        roots = rng.sample([r for r in range(-size, size + 1) if r], FACTORS[level])
        constant, slope = rng.randint(1, 9 if level > 1 else 30), rng.choice([c for c in range(-9, 10) if c])
        if all(constant * r + slope for r in roots) and len({abs(r) for r in roots}) == len(roots):
            break
    shown = "".join(f"(1 {_term(-r)})" for r in roots)
    denominator = expand([1, -r] for r in roots)
    pieces = []
    for r in roots:
        share = Fraction(constant * r + slope, r)
        for other in roots:
            share /= Fraction(r - other, r) if other != r else 1
        pieces.append(f"({share})*({r})^n")
    top, bottom = f"({constant} {_term(slope)})", f"({shown})"
    if len(roots) == 1:
        # With x above as well, f(0) would be no value of the power.
        slope, top, bottom, pieces = 0, str(constant), shown, [f"{constant}*({roots[0]})^n"]
    statement = f"Let F(x) = {top}/{bottom} and let f(n) be the coefficient of x^n in its power series at x = 0."
    return _rational(rng, level, statement, [constant, slope], denominator, " + ".join(pieces), max(map(abs, roots)))


def repeated(rng: random.Random, level: int) -> Problem:
    """A rational function whose denominator is a power."""
    power, root = rng.randint(2, 2 + level), rng.choice([r for r in range(-4, 6) if abs(r) > 1])
    while True:
        constant, slope = rng.randint(1, 9), rng.choice([c for c in range(-9, 10) if c])
        if constant * root + slope:
            break
    statement = (
        f"Let F(x) = ({constant} {_term(slope)})/(1 {_term(-root)})^{power} and let f(n) be the coefficient of x^n in "
        "its power series at x = 0."
    )
    closed = (
        f"{constant}*binomial(n + {power - 1}, {power - 1})*({root})^n "
        f"{_signed(slope)}*binomial(n + {power - 2}, {power - 1})*({root})^(n - 1)"
    )
    denominator = expand([1, -root] for _ in range(power))
    return _rational(rng, level, statement, [constant, slope], denominator, closed, abs(root))


def _rational(
    rng: random.Random,
    level: int,
    statement: str,
    numerator: Sequence[int],
    denominator: Sequence[int],
    closed: str,
    largest: int,
) -> Problem:
    n, order = rng.randint(*ORDERS[level]), len(denominator) - 1
    f = divide(numerator, denominator, max(n, 5) + 1)
    equation = " + ".join(f"c{i} f(n-{i})" for i in range(1, order + 1))
    parts = [
        integer("coefficient", f"f({n})", f[n]),
        integers("first", "f(0), f(1), f(2), f(3), f(4)", f[:5], is_reason=True),
        integers(
            "recurrence",
            f"[c1, ..., c{order}] such that f(n) = {equation} for every n >= {max(order, 2)}",
            [-c for c in denominator[1:]],
            is_reason=True,
        ),
        closed_form("closed_form", "f(n) for every n >= 0, without a sum", closed),
        fraction("radius", "the radius of convergence of the series", Fraction(1, largest), is_reason=True),
    ]
    return Problem(statement, parts)


def subsets(rng: random.Random, level: int) -> Problem:
    """Products of factors 1 + x^a: sums of subsets."""
    fewest, most, largest = EXPONENTS[level]
    while True:
        exponents = sorted(rng.randint(1, largest) for _ in range(rng.randint(fewest, most)))
        n = rng.randint(sum(exponents) // 4, 3 * sum(exponents) // 4)
        product = expand(_power(a) for a in exponents)
        without = expand(_power(a) for a in exponents[:-1])
        rest = without[n] if n < len(without) else 0
        if rest and product[n] > rest:
            break
    statement = f"Let F(x) = {''.join(f'(1 + {_x(a)})' for a in exponents)}."
    parts = [
        integer("coefficient", f"the coefficient of x^{n} in F(x)", product[n]),
        integer(
            "without_last",
            f"the coefficient of x^{n} in the product without its last factor, (1 + {_x(exponents[-1])})",
            rest,
            is_reason=True,
        ),
        integer(
            "with_last",
            f"the coefficient of x^{n - exponents[-1]} in the same product",
            product[n] - rest,
            is_reason=True,
        ),
        integer("third_total", "the sum of the coefficients of x^0, x^3, x^6, ... in F(x)", sum(product[::3])),
        integer(
            "powers",
            "how many powers of x, x^0 included, have a coefficient that is not 0 in F(x)",
            sum(c > 0 for c in product),
        ),
    ]
    return Problem(statement, parts, {"coefficient": [["without_last"], ["with_last"]]})


def coins(rng: random.Random, level: int) -> Problem:
    """Reciprocals of factors 1 - x^a: sums of any number of coins."""
    least, largest, sum_most = COINS[level]
    while True:
        values = sorted(rng.sample(range(least, largest + 1), 2 if level < 3 else 3))
        n = rng.randint(sum_most // 2, sum_most)
        # The largest gap lies below the product of the largest and the smallest (Brauer's bound), or there is none.
        ways = coin_sums(values, max(n, values[0] * values[-1]))
        rest = coin_sums(values[:-1], n)[n]
        if gcd(*values) == 1 and 0 < rest < ways[n]:
            break
    gaps = [m for m, count in enumerate(ways) if count == 0 and m < values[0] * values[-1]]
    statement = (
        f"Let F(x) = 1/({''.join(f'(1 - x^{a})' for a in values)}), as a power series at x = 0, with the coefficient "
        "f(n) of x^n."
    )
    parts = [
        integer("coefficient", f"f({n})", ways[n]),
        integer("without_last", f"the coefficient of x^{n} in F(x) (1 - x^{values[-1]})", rest, is_reason=True),
        integer("with_last", f"f({n - values[-1]})", ways[n] - rest, is_reason=True),
        integer("last_gap", "the largest n with f(n) = 0", gaps[-1]),
        integer("gaps", "how many n >= 0 have f(n) = 0", len(gaps)),
    ]
    return Problem(statement, parts, {"coefficient": [["without_last"], ["with_last"]]})


def coin_sums(values: Sequence[int], most: int) -> list[int]:
    """Return how many multisets of values have the sum 0, 1, ..., most."""
    ways = [1] + [0] * most
    for value in values:
        for total in range(value, most + 1):
            ways[total] += ways[total - value]
    return ways


def expand(factors: Iterable[Sequence[int]]) -> list[int]:
    """Return the coefficients of a product of polynomials, lowest first."""
    product = [1]
    for factor in factors:
        grown = [0] * (len(product) + len(factor) - 1)
        for i, c in enumerate(product):
            for j, d in enumerate(factor):
                grown[i + j] += c * d
        product = grown
    return product


def divide(numerator: Sequence[int], denominator: Sequence[int], count: int) -> list[int]:
    """Return the first coefficients of a quotient of polynomials whose denominator starts with 1."""
    quotient: list[int] = []
    for n in range(count):
        known = sum(c * quotient[n - i] for i, c in enumerate(denominator) if 0 < i <= n)
        quotient.append((numerator[n] if n < len(numerator) else 0) - known)
    return quotient


def _power(exponent: int) -> list[int]:
    return [1] + [0] * (exponent - 1) + [1]


def _x(exponent: int) -> str:
    return f"x^{exponent}" if exponent > 1 else "x"


def _term(factor: int) -> str:
    return f"{_signed(factor)}x" if abs(factor) > 1 else f"{'-' if factor < 0 else '+'} x"


def _signed(number: int) -> str:
    return f"{'-' if number < 0 else '+'} {abs(number)}"
