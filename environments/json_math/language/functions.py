"""The functions of the language: their names, their domains, and their exact values.

Formulas are those of the Digital Library of Mathematical Functions: 5.4 (psi at fractions), 5.5 (psi shifted and
reflected), 5.15 (polygamma), 25.6 (zeta at integers) and 24.5 (Bernoulli numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil, comb, factorial, floor, prod
from typing import NamedTuple

from agentgym.environments.json_math.language.budget import STEP, Budget, check_bits
from agentgym.environments.json_math.language.errors import CostError, ExpressionError
from agentgym.environments.json_math.language.field import Value, add, multiply, negative, symbol

MAX_ARGUMENT = 5_000
MAX_ORDER = 5
MAX_ZETA = 100
MAX_LN_BITS = 4_096
MAX_DIVISOR = 10_000
# Neighbouring sums of reciprocals share all but the last few terms.
BLOCK = 64

GAMMA = symbol("gamma")
# psi at the fractions whose values need no root; every other denominator but 1, 2 and 4 brings one in.
PSI_AT: Mapping[Fraction, Mapping[str, Fraction]] = {
    Fraction(1): {"gamma": Fraction(-1)},
    Fraction(1, 2): {"gamma": Fraction(-1), "ln 2": Fraction(-2)},
    Fraction(1, 4): {"gamma": Fraction(-1), "ln 2": Fraction(-3), "pi": Fraction(-1, 2)},
    Fraction(3, 4): {"gamma": Fraction(-1), "ln 2": Fraction(-3), "pi": Fraction(1, 2)},
}


class Function(NamedTuple):
    """What a name stands for.

    Attributes:
        least: the least number of arguments.
        most: the largest.
        apply: the value at rational arguments.
    """

    least: int
    most: int
    apply: Callable[[Sequence[Fraction], Budget], Value]


def apply_function(name: str, arguments: Sequence[Value], budget: Budget) -> Value:
    """Return the value of a function of `FUNCTIONS`.

    Raises:
        ExpressionError: the arguments are outside its domain, or it costs too much.
    """
    rational = [value for value in arguments if isinstance(value, Fraction)]
    if len(rational) < len(arguments):
        raise ExpressionError(f"{name} is taken of rational numbers only")
    budget.spend(STEP)
    return FUNCTIONS[name].apply(rational, budget)


def _factorial(arguments: Sequence[Fraction], budget: Budget) -> Value:
    n = _natural(arguments[0], "factorial")
    return Fraction(_whole_factorial([n], budget))


def _whole_factorial(arguments: Sequence[int], budget: Budget) -> int:
    n = arguments[0]
    _check_natural(n, "factorial")
    budget.spend(8 * n)
    return budget.paid_pair(factorial(n), 1)[0]


def _gamma_function(arguments: Sequence[Fraction], budget: Budget) -> Value:
    if arguments[0].denominator != 1 or arguments[0] < 1:
        raise ExpressionError("Gamma is taken of positive integers only")
    return _factorial([arguments[0] - 1], budget)


def _binomial(arguments: Sequence[Fraction], budget: Budget) -> Value:
    k = integer(arguments[1], "the lower number of binomial")
    if arguments[0].denominator != 1:
        return _binomial_of_fraction(arguments[0], k, budget)
    return Fraction(_whole_binomial([arguments[0].numerator, k], budget))


def _whole_binomial(arguments: Sequence[int], budget: Budget) -> int:
    """Return C(n, k), for n < 0 by (-1)^k C(k - n - 1, k)."""
    n, k = arguments
    if n < 0 and k < 0:
        raise ExpressionError("binomial of two negative numbers has no one value")
    if k < 0:
        return 0
    above = n if n >= 0 else k - n - 1
    if above > MAX_ARGUMENT:
        raise CostError(f"binomial is taken of -{MAX_ARGUMENT:,} to {MAX_ARGUMENT:,} only")
    budget.spend(8 * above)
    return budget.paid_pair(comb(above, k) * (-1 if n < 0 and k % 2 else 1), 1)[0]


def _binomial_of_fraction(x: Fraction, k: int, budget: Budget) -> Value:
    """Return x(x - 1)...(x - k + 1)/k!, of whose x(x - 1)... every factor is over the same denominator."""
    if not 0 <= k <= MAX_ARGUMENT:
        kind = ExpressionError if k < 0 else CostError
        raise kind(f"binomial of a fraction is taken of 0 to {MAX_ARGUMENT:,} below")
    above, below = x.numerator, x.denominator
    bits = k * max(above.bit_length(), (below * k).bit_length())
    check_bits(bits)
    budget.spend(STEP * k + bits * bits // 4_096)
    return budget.paid(Fraction(prod(range(above, above - k * below, -below)), below**k * factorial(k)))


def _harmonic(arguments: Sequence[Fraction], budget: Budget) -> Value:
    order = integer(arguments[1], "the order of a harmonic number") if len(arguments) > 1 else 1
    if not 1 <= order <= MAX_ORDER:
        raise ExpressionError(f"harmonic numbers have orders from 1 to {MAX_ORDER} only")
    if arguments[0].denominator != 1 and order == 1:
        return add(digamma(arguments[0] + 1, budget), GAMMA, budget)
    n = _natural(arguments[0], "harmonic")
    budget.spend(STEP * n * (1 + order // 2))
    return budget.paid(harmonic(n, order))


def _digamma(arguments: Sequence[Fraction], budget: Budget) -> Value:
    return digamma(arguments[0], budget)


def digamma(x: Fraction, budget: Budget) -> Value:
    """Return psi(x) for x whose denominator is 1, 2 or 4: psi of a fraction in (0, 1], shifted by an integer."""
    start = x - ceil(x) + 1
    if start not in PSI_AT:
        raise ExpressionError("psi is taken of integers, halves and quarters only")
    if start == 1 and x < 1:
        raise ExpressionError("psi has no value at 0, -1, -2, ...")
    steps = int(x - start)
    if abs(steps) > MAX_ARGUMENT:
        raise CostError(f"psi is taken of -{MAX_ARGUMENT:,} to {MAX_ARGUMENT:,} only")
    budget.spend(2 * STEP * abs(steps))
    shift = reciprocals(start, steps) if steps >= 0 else -reciprocals(x, -steps)
    value: Value = budget.paid(shift)
    for name, coefficient in PSI_AT[start].items():
        value = add(value, symbol(name, 1, coefficient), budget)
    return value


def _polygamma(arguments: Sequence[Fraction], budget: Budget) -> Value:
    """Return the order-th derivative of psi at a positive integer: (-1)^(m+1) m! (zeta(m+1) - H(x-1, m+1))."""
    order, x = integer(arguments[0], "the order of polygamma"), arguments[1]
    if order == 0:
        return digamma(x, budget)
    if not 1 <= order < MAX_ORDER:
        raise ExpressionError(f"polygamma has orders from 0 to {MAX_ORDER - 1} only")
    if x.denominator != 1 or x < 1:
        raise ExpressionError("polygamma is taken of positive integers only")
    tail = add(zeta(order + 1), negative(_harmonic([x - 1, Fraction(order + 1)], budget)), budget)
    return multiply(Fraction((-1) ** (order + 1) * factorial(order)), tail, budget)


def _zeta(arguments: Sequence[Fraction], budget: Budget) -> Value:
    s = integer(arguments[0], "zeta")
    if s == 1:
        raise ExpressionError("zeta has no value at 1")
    if abs(s) > MAX_ZETA:
        raise CostError(f"zeta is taken of -{MAX_ZETA} to {MAX_ZETA} only")
    budget.spend(STEP * abs(s))
    return zeta(s)


@lru_cache(maxsize=256)
def zeta(s: int) -> Value:
    """Return zeta at an integer but 1: rational up to 0, a multiple of pi^s if even, else a symbol of its own."""
    if s <= 0:
        return -bernoulli(1 - s) / (1 - s) if s else Fraction(-1, 2)
    if s % 2:
        return symbol(f"zeta({s})")
    return symbol("pi", s, abs(bernoulli(s)) * Fraction(2 ** (s - 1), factorial(s)))


@lru_cache(maxsize=256)
def bernoulli(m: int) -> Fraction:
    """Return the m-th Bernoulli number, B(1) = -1/2."""
    if m == 0:
        return Fraction(1)
    return -sum((comb(m + 1, k) * bernoulli(k) for k in range(m)), Fraction(0)) / (m + 1)


def _ln(arguments: Sequence[Fraction], budget: Budget) -> Value:
    x = arguments[0]
    if x <= 0:
        raise ExpressionError("ln is taken of positive numbers only")
    value: Value = Fraction(0)
    for number, sign in ((x.numerator, 1), (x.denominator, -1)):
        for prime, exponent in _prime_powers(number, budget).items():
            value = add(value, symbol(f"ln {prime}", 1, Fraction(sign * exponent)), budget)
    return value


def _prime_powers(number: int, budget: Budget) -> dict[int, int]:
    """Return the exponents of the primes in a positive integer, by trial division."""
    if number.bit_length() > MAX_LN_BITS:
        raise CostError(f"ln is taken of numbers of up to {MAX_LN_BITS:,} bits only")
    powers: dict[int, int] = {}
    divisor = 2
    while divisor * divisor <= number:
        if divisor > MAX_DIVISOR:
            raise CostError(f"ln is taken of products of primes up to {MAX_DIVISOR:,} and one larger")
        while number % divisor == 0:
            number //= divisor
            powers[divisor] = powers.get(divisor, 0) + 1
            budget.spend(STEP + number.bit_length())
        divisor += 1 if divisor == 2 else 2
        budget.spend(16 + number.bit_length() // 8)
    if number > 1:
        powers[number] = powers.get(number, 0) + 1
    return powers


def _floor(arguments: Sequence[Fraction], budget: Budget) -> Value:
    return Fraction(floor(arguments[0]))


def _ceil(arguments: Sequence[Fraction], budget: Budget) -> Value:
    return Fraction(ceil(arguments[0]))


def integer(value: Value, what: str) -> int:
    """Return the integer that a value is.

    Raises:
        ExpressionError: it is none; `what` says where one was needed.
    """
    if not isinstance(value, Fraction) or value.denominator != 1:
        raise ExpressionError(f"{what} is taken of integers only")
    return value.numerator


def _natural(value: Fraction, what: str) -> int:
    number = integer(value, what)
    _check_natural(number, what)
    return number


def _check_natural(number: int, what: str) -> None:
    if not 0 <= number <= MAX_ARGUMENT:
        kind = ExpressionError if number < 0 else CostError
        raise kind(f"{what} is taken of 0 to {MAX_ARGUMENT:,} only")


@lru_cache(maxsize=2_048)
def harmonic(n: int, order: int = 1) -> Fraction:
    """Return the n-th harmonic number of an order, 1 + 1/2^order + … + 1/n^order."""
    full = n - n % BLOCK
    before = harmonic(full, order) if 0 < full < n else Fraction(0)
    return before + _sum_of(lambda k: (1, k**order), full + 1 if before else 1, n + 1)


@lru_cache(maxsize=2_048)
def reciprocals(start: Fraction, count: int) -> Fraction:
    """Return 1/start + 1/(start + 1) + …, `count` terms of it."""
    full = count - count % BLOCK
    before = reciprocals(start, full) if 0 < full < count else Fraction(0)
    above, below = start.numerator, start.denominator
    return before + _sum_of(lambda k: (below, above + k * below), full if before else 0, count)


def _sum_of(term: Callable[[int], tuple[int, int]], start: int, stop: int) -> Fraction:
    """Sum by halves, which keeps the operands of the costly additions few and of equal size."""
    if stop - start <= BLOCK:
        return Fraction(*_by_halves(term, start, stop))
    middle = (start + stop) // 2
    return _sum_of(term, start, middle) + _sum_of(term, middle, stop)


def _by_halves(term: Callable[[int], tuple[int, int]], start: int, stop: int) -> tuple[int, int]:
    """Do the same for few terms, where it is faster to take out common divisors at the end alone."""
    if stop - start <= 1:
        return term(start) if start < stop else (0, 1)
    middle = (start + stop) // 2
    (a, b), (c, d) = _by_halves(term, start, middle), _by_halves(term, middle, stop)
    return a * d + c * b, b * d


FUNCTIONS: Mapping[str, Function] = {
    "harmonic": Function(1, 2, _harmonic),
    "factorial": Function(1, 1, _factorial),
    "Gamma": Function(1, 1, _gamma_function),
    "binomial": Function(2, 2, _binomial),
    "psi": Function(1, 1, _digamma),
    "polygamma": Function(2, 2, _polygamma),
    "zeta": Function(1, 1, _zeta),
    "ln": Function(1, 1, _ln),
    "floor": Function(1, 1, _floor),
    "ceil": Function(1, 1, _ceil),
}

# The same, of integers alone.
WHOLE: Mapping[str, Callable[[Sequence[int], Budget], int]] = {
    "factorial": _whole_factorial,
    "binomial": _whole_binomial,
}
