"""Linear algebra, polynomials and powers over fields of prime order p; the residues are 0 to p - 1."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import reduce
from math import lcm

from agentgym.environments.json_math import divisibility, matrices
from agentgym.environments.json_math.divisibility import factors, primes
from agentgym.environments.json_math.matrices import (
    SHAPES,
    augmented,
    identity,
    integers_of,
    names_of,
    power,
    rank,
    system_text,
)
from agentgym.environments.json_math.problem import Problem, integer, integer_rows, integers, solution

PARTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6}
SIZES = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3}
PRIMES = {1: (5, 13), 2: (7, 31), 3: (11, 61), 4: (17, 61), 5: (23, 101)}
LARGE_PRIMES = {2: (31, 400), 3: (61, 500), 4: (101, 1009), 5: (503, 5003)}

# A polynomial is the list of its coefficients from that of x^0 up; the last one is not 0, and 0 has none.
Polynomial = list[int]


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; the whole family is held out, so both kinds of ranges are the same."""
    make = rng.choice((unique, dependent, polynomials) if level == 1 else KINDS)
    return make(rng, level).first(PARTS[level])


def unique(rng: random.Random, level: int) -> Problem:
    """A system with one solution, and the group that its matrix generates."""
    p, size = rng.choice(primes(*PRIMES[level])), SIZES[level]
    matrix = _rows(rng, size, size, p)
    right = [rng.randrange(p) or 1 for _ in matrix]
    determinant = int(matrices.determinant(matrix, p))
    matrix_order, determinant_order = _matrix_order(matrix, p), divisibility.order(determinant, p)
    names, what = names_of(size), "the matrix A of coefficients"
    parts = [
        integers("solution", f"the solution, as the list [{names}]", _ints(matrices.solve(matrix, right, p))),
        integer("determinant", f"the determinant of {what}, modulo {p}", determinant, is_reason=True),
        integer_rows(
            "inverse", f"the inverse of A modulo {p}, a list of its rows", integers_of(matrices.inverse(matrix, p))
        ),
        integer("order", f"the least k > 0 for which A^k is the identity matrix modulo {p}", matrix_order),
        integer(
            "determinant_order",
            f"the least k > 0 for which the k-th power of the determinant is 1 modulo {p}",
            determinant_order,
            is_reason=True,
        ),
        integer("quotient", "order divided by determinant_order", matrix_order // determinant_order, is_reason=True),
    ]
    statement = f"Solve modulo {p}, with A the matrix of coefficients:\n{system_text(matrix, right)}\n{_range(p)}"
    return Problem(statement, parts, {"order": [["determinant_order", "quotient"]]})


def dependent(rng: random.Random, level: int) -> Problem:
    """A system with one equation too many, solvable for one right-hand side s, and then in many ways."""
    p, (count, unknowns) = rng.choice(primes(*PRIMES[level])), rng.choice(SHAPES[level])
    rows = _rows(rng, count, unknowns, p)
    right, weights = [rng.randrange(1, p) for _ in rows], [rng.randrange(2, p) for _ in rows]
    last = [sum(w * row[j] for w, row in zip(weights, rows, strict=True)) % p for j in range(unknowns)]
    s = sum(w * value for w, value in zip(weights, right, strict=True)) % p
    form = matrices.reduce(augmented(rows, right), p)
    dimension, system, names = unknowns - len(rows), [*rows, last], names_of(unknowns)
    parts = [
        integer("s", "the number s for which the system has a solution", s),
        integer_rows(
            "echelon",
            f"for that s, the reduced row echelon form modulo {p} of the matrix [coefficients | right-hand sides]: its "
            "rows from top to bottom, without the rows that are 0",
            integers_of(form.rows),
        ),
        integer("solutions", f"for that s, the number of solutions [{names}]", p**dimension),
        integer("dimension", "the exponent e for which that number is p^e", dimension, is_reason=True),
        integers("last", "for that s, the solution that is last in lexicographic order", _last(rows, right, p)),
        solution(
            "direction",
            f"any list [{names}], not all 0, that solves the system when every right-hand side is replaced by 0",
            _ints(matrices.kernel(rows, p)[0]),
            rows=system,
            right=[0] * len(system),
            modulus=p,
            is_reason=True,
        ),
    ]
    return Problem(f"Modulo p = {p}, with a number s:\n{system_text(system, [*right, 's'])}\n{_range(p)}", parts)


def polynomials(rng: random.Random, level: int) -> Problem:
    """Two polynomials with common factors: roots, greatest common divisor, and powers modulo one of them."""
    p = rng.choice(primes(*PRIMES[level if level > 1 else 2]))
    roots = rng.sample(range(p), {1: 2, 2: 3, 3: 3, 4: 4, 5: 4}[level])
    linear = [[-root % p, 1] for root in roots]
    shared = [*linear[1:], *([_rootless(rng, p)] if level > 2 else [])]
    f = _product([linear[0], *([linear[1]] if level > 2 else []), *shared, [rng.randrange(1, p)]], p)
    other = rng.choice([x for x in range(p) if x not in roots])
    g = _product([*shared[-2:], [-other % p, 1], [rng.randrange(1, p)]], p)
    common = _gcd(f, g, p)
    quotient = _divided(f, common, p)[0]
    exponent, place = rng.randint(50, 10 ** (level + 1)), rng.choice([x for x in range(2, p) if x not in roots])
    degree = len(f) - 1
    listed = "as the list of its coefficients from that of x^0 up"
    parts = [
        integers("roots", "the roots of f, ascending, each once", sorted(roots)),
        integers("gcd", f"the greatest common divisor of f and g with leading coefficient 1, {listed}", common),
        integers("quotient", f"f divided by this divisor, {listed}", quotient, is_reason=True),
        integer("value", f"the value of this quotient at x = {place}", _value(quotient, place, p)),
        integers(
            "multiplicities",
            "for each of the roots of f, in their order, how often it is a root of f",
            [_multiplicity(f, root, p) for root in sorted(roots)],
            is_reason=True,
        ),
        integers(
            "remainder",
            f"the remainder of x^{exponent} divided by f, as the list of its {degree} coefficients from that of x^0 to "
            f"that of x^{degree - 1}, zeros included",
            _power_of_x(exponent, f, p),
        ),
    ]
    shown = f"f = {_written(f)}" + (f"\ng = {_written(g)}" if level > 1 else "")
    return Problem(f"Over the field of the integers modulo {p} let\n{shown}\nAll numbers are from 0 to {p - 1}.", parts)


def elements(rng: random.Random, level: int) -> Problem:
    """Powers, roots and logarithms of the residues of a prime."""
    p = rng.choice(primes(*LARGE_PRIMES[level]))
    a, b, c = (rng.randrange(2, p) for _ in range(3))
    root = divisibility.least_primitive_root(p)
    period = divisibility.order(a, p)
    square = c * c % p
    parts = [
        integer("order", f"the least k > 0 with {a}^k = 1 modulo {p}", period),
        integer(
            "primitive_root", "the least g > 0 whose powers modulo p are all of 1, ..., p - 1", root, is_reason=True
        ),
        integer(
            "logarithm",
            f"the least k >= 0 for which the k-th power of this g is {b} modulo {p}",
            divisibility.logarithm(b, root, p),
        ),
        integers("square_roots", f"all x with x^2 = {square} modulo {p}, ascending", sorted({c, p - c})),
        integer("index", "(p - 1) divided by order", (p - 1) // period, is_reason=True),
        integer("group", "the number of non-zero residues modulo p", p - 1, is_reason=True),
    ]
    return Problem(
        f"Let p = {p}, a prime. All residues are given and wanted from 0 to p - 1.",
        parts,
        {"group": [["order", "index"]]},
    )


KINDS: Sequence[Callable[[random.Random, int], Problem]] = (unique, dependent, polynomials, elements)


def _rows(rng: random.Random, count: int, columns: int, p: int) -> list[list[int]]:
    """Draw independent rows, of which none begins the system with an unknown that is not there."""
    while True:
        rows = [[rng.randrange(p) for _ in range(columns)] for _ in range(count)]
        if rank(rows, p) == count and all(any(column) for column in zip(*rows, strict=True)):
            return rows


def _matrix_order(matrix: Sequence[Sequence[int]], p: int) -> int:
    """Return the order of an invertible matrix of at most p rows in the general linear group.

    Its eigenvalues lie in fields of p^k elements, k up to its size; a Jordan block of at most p rows adds a factor p.
    """
    size = len(matrix)
    exponent = p * lcm(*(p**k - 1 for k in range(1, size + 1)))
    for prime, _ in factors(exponent):
        while exponent % prime == 0 and power(matrix, exponent // prime, p) == identity(size):
            exponent //= prime
    return exponent


def _last(rows: Sequence[Sequence[int]], right: Sequence[int], p: int) -> list[int]:
    """Return the greatest solution: one unknown after the other is fixed at the greatest value that it can have."""
    rows, right = [list(row) for row in rows], list(right)
    columns = len(rows[0])
    for j in range(columns):
        unit = [int(k == j) for k in range(columns)]
        if rank([*rows, unit], p) > len(rows):
            rows, right = [*rows, unit], [*right, p - 1]
    return _ints(matrices.solve(rows, right, p))


def _rootless(rng: random.Random, p: int) -> Polynomial:
    """Draw x^2 + a x + b without roots."""
    while True:
        candidate = [rng.randrange(1, p), rng.randrange(p), 1]
        if all(_value(candidate, x, p) for x in range(p)):
            return candidate


def _product(polynomials: Sequence[Polynomial], p: int) -> Polynomial:
    def times(f: Polynomial, g: Polynomial) -> Polynomial:
        places = range(len(f) + len(g) - 1)
        return [sum(f[i] * g[k - i] for i in range(len(f)) if 0 <= k - i < len(g)) % p for k in places]

    return reduce(times, polynomials)


def _divided(f: Polynomial, g: Polynomial, p: int) -> tuple[Polynomial, Polynomial]:
    """Return the quotient and the remainder of a division by a polynomial that is not 0."""
    rest, quotient = list(f), [0] * max(len(f) - len(g) + 1, 0)
    for shift in reversed(range(len(quotient))):
        factor = rest[shift + len(g) - 1] * pow(g[-1], -1, p) % p
        quotient[shift] = factor
        for i, coefficient in enumerate(g):
            rest[shift + i] = (rest[shift + i] - factor * coefficient) % p
    while rest and not rest[-1]:
        rest.pop()
    return quotient, rest


def _gcd(f: Polynomial, g: Polynomial, p: int) -> Polynomial:
    while g:
        f, g = g, _divided(f, g, p)[1]
    return [coefficient * pow(f[-1], -1, p) % p for coefficient in f]


def _power_of_x(exponent: int, f: Polynomial, p: int) -> list[int]:
    result: Polynomial = [1]
    for bit in f"{exponent:b}":
        square = _product([result or [0], result or [0], [0, 1] if bit == "1" else [1]], p)
        result = _divided(square, f, p)[1]
    return result + [0] * (len(f) - 1 - len(result))


def _multiplicity(f: Polynomial, root: int, p: int) -> int:
    quotient, rest = _divided(f, [-root % p, 1], p)
    return 0 if rest else 1 + _multiplicity(quotient, root, p)


def _value(f: Polynomial, x: int, p: int) -> int:
    return sum(coefficient * pow(x, k, p) for k, coefficient in enumerate(f)) % p


def _written(f: Polynomial) -> str:
    powers = ["", "x", *(f"x^{k}" for k in range(2, len(f)))]
    terms = [f"{a} {x}".strip() if a != 1 or not x else x for a, x in zip(f, powers, strict=False) if a]
    return " + ".join(reversed(terms))


def _range(p: int) -> str:
    return f"All residues are given and wanted from 0 to {p - 1}."


def _ints(values: Sequence[object]) -> list[int]:
    return [int(str(value)) for value in values]
