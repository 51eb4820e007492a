"""Exact linear algebra over the rationals and over fields of prime order.

An element is a `Fraction` in both; where a function takes a `prime`, elements of F_p are the integers 0 to p - 1, and
`prime=0` stands for the rationals. Matrices are small (up to six rows), so plain Gauss-Jordan elimination is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

Matrix = Sequence[Sequence[Fraction | int]]
Vector = Sequence[Fraction | int]

# By level: how many independent equations and how many unknowns a system has that is to have many solutions.
SHAPES = {
    1: [(1, 2)],
    2: [(2, 3)],
    3: [(2, 3), (2, 4), (3, 4)],
    4: [(2, 4), (3, 4)],
    5: [(2, 4), (3, 4), (3, 5), (2, 5)],
}


class Reduced(NamedTuple):
    """A reduced row echelon form.

    Attributes:
        rows: its non-zero rows.
        pivots: the column of each row's leading 1, from 0.
        scale: the product of the pivots that were divided out, signed by the swaps of rows.
    """

    rows: list[list[Fraction]]
    pivots: list[int]
    scale: Fraction


def element(value: Fraction | int, prime: int = 0) -> Fraction:
    """Return a number as an element of the field."""
    value = Fraction(value)
    return Fraction(value.numerator * pow(value.denominator, -1, prime) % prime) if prime else value


def reduce(matrix: Matrix, prime: int = 0) -> Reduced:
    """Return the reduced row echelon form of a matrix."""
    rows = [[element(value, prime) for value in row] for row in matrix]
    pivots: list[int] = []
    scale = Fraction(1)
    for column in range(len(rows[0])):
        top = len(pivots)
        pivot = next((i for i in range(top, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        if pivot != top:
            rows[top], rows[pivot], scale = rows[pivot], rows[top], -scale
        lead = rows[top][column]
        scale *= lead
        rows[top] = [element(value / lead, prime) for value in rows[top]]
        for i in range(len(rows)):
            if i != top:
                rows[i] = _minus(rows[i], rows[i][column], rows[top], prime)
        pivots.append(column)
    return Reduced(rows[: len(pivots)], pivots, element(scale, prime))


def _minus(row: list[Fraction], factor: Fraction, other: list[Fraction], prime: int) -> list[Fraction]:
    return [element(x - factor * y, prime) for x, y in zip(row, other, strict=True)]


def rank(matrix: Matrix, prime: int = 0) -> int:
    """Return the rank of a matrix."""
    return len(reduce(matrix, prime).pivots)


def determinant(matrix: Matrix, prime: int = 0) -> Fraction:
    """Return the determinant of a square matrix."""
    form = reduce(matrix, prime)
    return form.scale if len(form.pivots) == len(matrix) else Fraction(0)


def solve(matrix: Matrix, right: Vector, prime: int = 0) -> list[Fraction]:
    """Return the solution of a system whose matrix is invertible."""
    return [row[-1] for row in reduce(augmented(matrix, right), prime).rows]


def inverse(matrix: Matrix, prime: int = 0) -> list[list[Fraction]]:
    """Return the inverse of an invertible matrix."""
    size = len(matrix)
    beside = [[*row, *unit] for row, unit in zip(matrix, identity(size), strict=True)]
    return [row[size:] for row in reduce(beside, prime).rows]


def kernel(matrix: Matrix, prime: int = 0) -> list[list[Fraction]]:
    """Return a basis of the vectors that a matrix maps to 0: one for each column without a pivot, which is 1 in it."""
    form = reduce(matrix, prime)
    columns = len(matrix[0])
    basis = []
    for free in (column for column in range(columns) if column not in form.pivots):
        vector = [Fraction(column == free) for column in range(columns)]
        for row, pivot in zip(form.rows, form.pivots, strict=True):
            vector[pivot] = element(-row[free], prime)
        basis.append(vector)
    return basis


def augmented(matrix: Matrix, right: Vector) -> list[list[Fraction | int]]:
    """Return a matrix with one more column."""
    return [[*row, value] for row, value in zip(matrix, right, strict=True)]


def identity(size: int) -> list[list[int]]:
    """Return the identity matrix."""
    return [[int(i == j) for j in range(size)] for i in range(size)]


def times(left: Matrix, right: Matrix, prime: int = 0) -> list[list[Fraction]]:
    """Return the product of two matrices."""
    columns = list(zip(*right, strict=True))
    if prime:
        return [[Fraction(x) for x in row] for row in _times_whole(integers_of(left), integers_of(columns), prime)]
    return [[_dot(row, column) for column in columns] for row in left]


def _times_whole(rows: Sequence[Sequence[int]], columns: Sequence[Sequence[int]], prime: int) -> list[list[int]]:
    # Fractions would take ten times as long, and orders of matrices take many products.
    return [[sum(x * y for x, y in zip(row, column, strict=True)) % prime for column in columns] for row in rows]


def _dot(left: Vector, right: Vector) -> Fraction:
    return sum((Fraction(x) * y for x, y in zip(left, right, strict=True)), Fraction(0))


def power(matrix: Matrix, exponent: int, prime: int = 0) -> list[list[Fraction]]:
    """Return a power of a square matrix, by repeated squaring."""
    one = identity(len(matrix))
    result, square = times(one, one, prime), times(matrix, one, prime)
    while exponent:
        if exponent % 2:
            result = times(result, square, prime)
        square, exponent = times(square, square, prime), exponent // 2
    return result


def whole(vector: Vector) -> list[int]:
    """Return the least positive multiple of a vector whose entries are integers."""
    denominator = common_denominator(vector)
    return [int(value * denominator) for value in vector]


def common_denominator(values: Vector) -> int:
    """Return the least D > 0 such that D times each of the values is an integer."""
    return lcm(*(Fraction(value).denominator for value in values))


def integers_of(matrix: Matrix) -> list[list[int]]:
    """Return the entries of a matrix of integers as such."""
    return [[int(value) for value in row] for row in matrix]


def written(matrix: Matrix) -> str:
    """Return a matrix as text, a row a line."""
    return "\n".join("[" + ", ".join(str(value) for value in row) + "]" for row in matrix)


def system_text(matrix: Sequence[Sequence[int]], right: Sequence[object]) -> str:
    """Return equations in x1, x2, ... as text, each on a line."""
    return "\n".join(_equation(row, value) for row, value in zip(matrix, right, strict=True))


def names_of(count: int) -> str:
    """Return the names of the unknowns as text."""
    return ", ".join(f"x{i}" for i in range(1, count + 1))


def _equation(coefficients: Sequence[int], right: object) -> str:
    terms = [(a, f"x{i}") for i, a in enumerate(coefficients, start=1) if a]
    left = " ".join(f"{'-' if a < 0 else '+'} {'' if abs(a) == 1 else f'{abs(a)} '}{name}" for a, name in terms) or "0"
    left = f"-{left[2:]}" if left.startswith("- ") else left.removeprefix("+ ")
    return f"{left} = {right}"
