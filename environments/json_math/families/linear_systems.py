"""Linear systems over the rationals: solutions, determinants, ranks, echelon forms, and systems with a parameter."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction

from agentgym.environments.json_math import matrices
from agentgym.environments.json_math.matrices import (
    SHAPES,
    augmented,
    common_denominator,
    determinant,
    integers_of,
    kernel,
    names_of,
    rank,
    solve,
    system_text,
    times,
    whole,
    written,
)
from agentgym.environments.json_math.problem import (
    Part,
    Problem,
    fraction,
    fraction_rows,
    fractions,
    integer,
    integer_rows,
    integers,
    solution,
)

PARTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6}
SIZES = {1: 2, 2: 2, 3: 3, 4: 3, 5: 4}
LARGEST = {1: 5, 2: 9, 3: 9, 4: 15, 5: 20}
DET_RELATION = {"determinant": [["denominator", "quotient"]]}


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; inverse matrices and interpolation are held out."""
    make = rng.choice(HELD_OUT if held_out else TRAINED)
    return make(rng, level).first(PARTS[level])


def unique(rng: random.Random, level: int) -> Problem:
    """A system with one solution."""
    matrix = _invertible(rng, SIZES[level], LARGEST[level])
    right = [rng.randint(-LARGEST[level], LARGEST[level]) or 1 for _ in matrix]
    x = solve(matrix, right)
    replaced = [determinant(_with_column(matrix, j, right)) for j in range(len(matrix))]
    raised = rng.randint(1, 9)
    changed = solve(matrix, [*right[:-1], right[-1] + raised])
    names = names_of(len(matrix))
    parts = [
        fractions("solution", f"the solution, as the list [{names}] of fractions", x),
        *_divisor_parts(matrix, x, "the matrix of coefficients", "every number of the solution"),
        fractions("changed", f"the solution when {raised} is added to the last right-hand side", changed),
        integers(
            "cramer",
            "the list of determinants d1, d2, ..., where dj is that of the matrix of coefficients with column j "
            "replaced by the right-hand sides",
            [int(value) for value in replaced],
            is_reason=True,
        ),
    ]
    return Problem(f"Solve over the rational numbers:\n{system_text(matrix, right)}", parts, DET_RELATION)


def dependent(rng: random.Random, level: int) -> Problem:
    """A system with one equation too many, solvable for one right-hand side s, and then in many ways."""
    count, unknowns = rng.choice(SHAPES[level])
    rows = _of_rank(rng, count, unknowns, LARGEST[min(level, 3)])
    right = [rng.randint(-30, 30) or 2 for _ in rows]
    factors = [rng.choice([-5, -4, -3, -2, 2, 3, 4, 5]) for _ in rows]
    last = [sum(factor * row[j] for factor, row in zip(factors, rows, strict=True)) for j in range(unknowns)]
    s = sum(factor * value for factor, value in zip(factors, right, strict=True))
    form = matrices.reduce(augmented(rows, right))
    free = [j for j in range(unknowns) if j not in form.pivots]
    value = rng.choice([-3, -2, 2, 3])
    chosen = [Fraction(value) if j in free else Fraction(0) for j in range(unknowns)]
    for row, pivot in zip(form.rows, form.pivots, strict=True):
        chosen[pivot] = row[-1] - sum(value * row[j] for j in free)
    system = [*rows, last]
    parts = [
        integer("s", "the number s for which the system has a solution", s),
        fraction_rows(
            "echelon",
            "for that s, the reduced row echelon form of the matrix [coefficients | right-hand sides]: its rows from "
            "top to bottom, each a list of fractions, without the rows that are 0",
            form.rows,
        ),
        integer("dimension", "for that s, the dimension of the set of solutions", len(free)),
        fractions(
            "solution",
            f"for that s, the solution [{names_of(unknowns)}] in which every unknown whose column has no leading 1 in "
            f"the reduced row echelon form is {value}",
            chosen,
        ),
        integer("rank", "the rank of the matrix of coefficients", len(form.pivots), is_reason=True),
        solution(
            "direction",
            f"any list [{names_of(unknowns)}] of integers, not all 0, that solves the system when every right-hand "
            "side is replaced by 0",
            whole(kernel(rows)[0]),
            rows=system,
            right=[0] * len(system),
            is_reason=True,
        ),
    ]
    statement = f"Over the rational numbers, with a number s:\n{system_text(system, [*right, 's'])}"
    return Problem(statement, parts)


def parameter(rng: random.Random, level: int) -> Problem:
    """A matrix M(t) = P D(t) Q with P and Q of determinant 1 or -1, so that it is singular where D(t) is."""
    size = SIZES[level]
    roots = [Fraction(rng.randint(-9, 9), rng.randint(1, 3)) for _ in range({1: 1, 2: 2, 3: 2, 4: 3, 5: 3}[level])]
    if len(roots) > 1 and rng.random() < 0.4:
        roots[0] = roots[1]
    slopes = [root.denominator for root in roots] + [0] * (size - len(roots))
    shifts = [-root.numerator for root in roots] + [rng.choice([-2, -1, 1, 2]) for _ in range(size - len(roots))]
    left, right = _unimodular(rng, size), _unimodular(rng, size)

    def at(t: Fraction) -> list[list[Fraction]]:
        middle = [[(slopes[i] * t + shifts[i]) * (i == j) for j in range(size)] for i in range(size)]
        return times(times(left, middle), right)

    constant = integers_of(at(Fraction(0)))
    slope = [[int(x) - y for x, y in zip(*rows, strict=True)] for rows in zip(at(Fraction(1)), constant, strict=True)]
    statement = "\n".join(
        [
            "Let M(t) be the matrix with the rows",
            *("[" + ", ".join(map(_linear, *rows)) + "]" for rows in zip(slope, constant, strict=True)),
        ]
    )
    return Problem(statement, _parameter_parts(rng, at, sorted(set(roots)), len(roots)))


def _parameter_parts(
    rng: random.Random, at: Callable[[Fraction], list[list[Fraction]]], singular: Sequence[Fraction], degree: int
) -> list[Part]:
    size = len(at(Fraction(0)))
    points = range(degree + 1)
    coefficients = _interpolated(points, [determinant(at(Fraction(t))) for t in points])
    t = rng.choice([k for k in range(-9, 10) if abs(k) > 1 and k not in singular])
    right = [rng.randint(-9, 9) or 3 for _ in range(size)]
    null = [whole(row) for row in at(singular[-1])]
    return [
        fractions("singular", "all real t for which M(t) has no inverse, ascending, without repeats", singular),
        integers(
            "coefficients",
            "the determinant of M(t) as a polynomial in t: the list of its coefficients, from that of t^0 up to the "
            "last one that is not 0",
            [int(value) for value in coefficients],
            is_reason=True,
        ),
        fractions("solution", f"the solution x of M({t}) x = {right}, as a list", solve(at(Fraction(t)), right)),
        integer(
            "rank", "the rank of M(t) at the least of the t without an inverse", rank(at(singular[0])), is_reason=True
        ),
        integer("determinant", f"the determinant of M({t})", int(determinant(at(Fraction(t))))),
        solution(
            "kernel",
            "any list v of integers, not all 0, with M(t) v = 0 at the largest of the t without an inverse",
            whole(kernel(null)[0]),
            rows=null,
            right=[0] * size,
        ),
    ]


def inverses(rng: random.Random, level: int) -> Problem:
    """The inverse of a matrix."""
    matrix = _invertible(rng, SIZES[level], LARGEST[level])
    if level > 2:
        # A common factor of two rows is squared in the determinant, but not in the denominator of the inverse.
        factor = rng.choice([2, 3, -2, 5])
        matrix = [[factor * x for x in row] for row in matrix[:2]] + matrix[2:]
    inverse = matrices.inverse(matrix)
    entries = [value for row in inverse for value in row]
    parts = [
        fraction_rows("inverse", "the inverse of A, a list of its rows, each a list of fractions", inverse),
        *_divisor_parts(matrix, entries, "A", "every entry of the inverse"),
        fraction(
            "trace", "the sum of the diagonal entries of the square of the inverse", _trace(times(inverse, inverse))
        ),
        integer_rows(
            "square", "the square of A, a list of its rows", integers_of(times(matrix, matrix)), is_reason=True
        ),
    ]
    return Problem(f"Let A be the matrix with the rows\n{written(matrix)}", parts, DET_RELATION)


def interpolation(rng: random.Random, level: int) -> Problem:
    """The polynomial of least degree through given points: a system with a Vandermonde matrix."""
    size = SIZES[level]
    xs = rng.sample(range(-LARGEST[level], LARGEST[level] + 1), size)
    ys = [rng.randint(-3 * LARGEST[level], 3 * LARGEST[level]) for _ in xs]
    matrix = [[x**k for k in range(size)] for x in xs]
    coefficients = solve(matrix, ys)
    far = rng.choice([-1, 1]) * rng.randint(LARGEST[level] + 1, 2 * LARGEST[level] + 5)
    slope = sum((k * a * Fraction(far) ** (k - 1) for k, a in enumerate(coefficients) if k), Fraction(0))
    value = sum((a * far**k for k, a in enumerate(coefficients)), Fraction(0))
    powers = ", ".join(["1", "x", *(f"x^{k}" for k in range(2, size))])
    vandermonde = f"the matrix with a row [{powers}] for each of these x in the given order"
    parts = [
        fractions(
            "coefficients",
            f"the coefficients of p from that of x^0 to that of x^{size - 1}, {size} numbers",
            coefficients,
        ),
        *_divisor_parts(matrix, coefficients, vandermonde, "every coefficient of p"),
        fraction("value", f"p({far})", value),
        fraction("slope", f"the derivative of p at {far}", slope),
    ]
    points = ", ".join(f"p({x}) = {y}" for x, y in zip(xs, ys, strict=True))
    statement = f"Let p be the polynomial of degree at most {size - 1} with {points}."
    return Problem(statement, parts, DET_RELATION)


TRAINED: Sequence[Callable[[random.Random, int], Problem]] = (unique, dependent, parameter)
HELD_OUT: Sequence[Callable[[random.Random, int], Problem]] = (inverses, interpolation)


def _divisor_parts(matrix: Sequence[Sequence[int]], values: Sequence[Fraction], of: str, what: str) -> list[Part]:
    """Return the determinant of a matrix, which the common denominator of what it gives divides."""
    det, denominator = int(determinant(matrix)), common_denominator(values)
    return [
        integer("determinant", f"the determinant of {of}", det, is_reason=True),
        integer("denominator", f"the least D > 0 such that D times {what} is an integer", denominator, is_reason=True),
        integer("quotient", "the determinant divided by D", det // denominator, is_reason=True),
    ]


def _invertible(rng: random.Random, size: int, largest: int) -> list[list[int]]:
    while True:
        matrix = [[rng.randint(-largest, largest) for _ in range(size)] for _ in range(size)]
        if abs(determinant(matrix)) > 1:
            return matrix


def _of_rank(rng: random.Random, count: int, columns: int, largest: int) -> list[list[int]]:
    """Draw independent rows, at times with a column in the middle that has no leading 1."""
    while True:
        rows = [[rng.randint(-largest, largest) for _ in range(columns)] for _ in range(count)]
        if columns > 2 and rng.random() < 0.4:
            rows = [[row[0], rng.choice([2, -2, 3]) * row[0], *row[2:]] for row in rows]
        if rank(rows) == count and all(any(column) for column in zip(*rows, strict=True)):
            return rows


def _unimodular(rng: random.Random, size: int) -> list[list[int]]:
    """Draw a matrix of determinant 1, as a product of elementary ones."""
    matrix = matrices.identity(size)
    for _ in range(size + 1):
        i, j = rng.sample(range(size), 2)
        factor = rng.choice([-2, -1, 1, 2])
        matrix[i] = [x + factor * y for x, y in zip(matrix[i], matrix[j], strict=True)]
    return matrix


def _trace(matrix: Sequence[Sequence[Fraction]]) -> Fraction:
    return sum((row[i] for i, row in enumerate(matrix)), Fraction(0))


def _interpolated(xs: Sequence[int], ys: Sequence[Fraction]) -> list[Fraction]:
    return solve([[x**k for k in range(len(xs))] for x in xs], ys)


def _with_column(matrix: Sequence[Sequence[int]], column: int, values: Sequence[int]) -> list[list[int]]:
    return [[*row[:column], value, *row[column + 1 :]] for row, value in zip(matrix, values, strict=True)]


def _linear(slope: int, constant: int) -> str:
    """Return `a t + b` as text."""
    if not slope:
        return str(constant)
    multiple = {1: "t", -1: "-t"}.get(slope, f"{slope}t")
    return multiple if not constant else f"{multiple} {'+' if constant > 0 else '-'} {abs(constant)}"
