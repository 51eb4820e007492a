"""Elementary number theory on integers small enough for trial division."""

from __future__ import annotations

from math import isqrt, lcm, prod


def factors(n: int) -> list[tuple[int, int]]:
    """Return the primes of n > 0, ascending, each with its exponent."""
    found: list[tuple[int, int]] = []
    p = 2
    while n > 1:
        if p * p > n:
            p = n
        exponent = valuation(n, p)
        if exponent:
            found.append((p, exponent))
            n //= p**exponent
        p += 1
    return found


def valuation(n: int, p: int) -> int:
    """Return the exponent of a prime in an integer that is not 0."""
    exponent = 0
    while n % p == 0:
        n //= p
        exponent += 1
    return exponent


def primes(start: int, stop: int) -> list[int]:
    """Return the primes from `start` to `stop`, both included."""
    return [n for n in range(max(start, 2), stop + 1) if all(n % p for p in range(2, isqrt(n) + 1))]


def totient(n: int) -> int:
    """Return how many of 1, ..., n are coprime to n."""
    return prod(p ** (e - 1) * (p - 1) for p, e in factors(n))


def carmichael(n: int) -> int:
    """Return the least exponent k > 0 with a^k = 1 modulo n for all a coprime to n."""
    return lcm(*(p ** (e - 1) * (p - 1) // (2 if p == 2 and e > 2 else 1) for p, e in factors(n)))


def divisors(n: int) -> list[int]:
    """Return the positive divisors of n > 0, ascending."""
    found = [1]
    for p, exponent in factors(n):
        found = [d * p**k for d in found for k in range(exponent + 1)]
    return sorted(found)


def order(a: int, modulus: int) -> int:
    """Return the least k > 0 with a^k = 1, for a coprime to the modulus."""
    exponent = carmichael(modulus)
    for p, _ in factors(exponent):
        while exponent % p == 0 and pow(a, exponent // p, modulus) == 1 % modulus:
            exponent //= p
    return exponent


def least_primitive_root(prime: int) -> int:
    """Return the least g > 0 whose powers are all residues but 0."""
    return next(g for g in range(1, prime) if order(g, prime) == prime - 1)


def logarithm(b: int, base: int, prime: int) -> int:
    """Return the least k >= 0 with base^k = b, where there is one."""
    value, k = 1, 0
    while value != b % prime:
        value, k = value * base % prime, k + 1
    return k


def square_roots(a: int, modulus: int) -> list[int]:
    """Return the residues whose square is a, ascending."""
    return [x for x in range(modulus) if (x * x - a) % modulus == 0]


def jacobi(a: int, n: int) -> int:
    """Return the Jacobi symbol (a/n) for odd n > 0, by reciprocity."""
    a, sign = a % n, 1
    while a:
        while a % 2 == 0:
            a //= 2
            sign *= -1 if n % 8 in (3, 5) else 1
        a, n = n, a
        sign *= -1 if a % 4 == n % 4 == 3 else 1
        a %= n
    return sign if n == 1 else 0


def continued_fraction(numerator: int, denominator: int) -> list[int]:
    """Return the quotients of Euclid's algorithm; the last one is at least 2, unless it is the only one."""
    quotients = []
    while denominator:
        quotient, rest = divmod(numerator, denominator)
        quotients.append(quotient)
        numerator, denominator = denominator, rest
    return quotients


def root_period(n: int) -> tuple[int, list[int]]:
    """Return the continued fraction of the square root of n, no square: what precedes the period, and the period."""
    whole = isqrt(n)
    m, d, a = 0, 1, whole
    period = []
    while a != 2 * whole:
        m = d * a - m
        d = (n - m * m) // d
        a = (whole + m) // d
        period.append(a)
    return whole, period


def convergents(quotients: list[int]) -> list[tuple[int, int]]:
    """Return numerator and denominator of a continued fraction, cut off after each of its quotients."""
    found = [(1, 0), (quotients[0], 1)]
    for a in quotients[1:]:
        (p, q), (r, s) = found[-2:]
        found.append((a * r + p, a * s + q))
    return found[1:]


def bezout(a: int, b: int) -> tuple[int, int, int]:
    """Return g, x, y with a x + b y = g, the greatest common divisor."""
    x, y, u, v = 1, 0, 0, 1
    while b:
        quotient, rest = divmod(a, b)
        a, b = b, rest
        x, y, u, v = u, v, x - quotient * u, y - quotient * v
    return a, x, y
