"""Linear systems over the rationals: gold solves what is asked, by Leibniz' formula and by substitution."""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, permutations
from math import prod
from random import Random
from typing import Any

import pytest
from json_math_answers import check_draws, check_parts, gold, judge

from agentgym.environments.json_math.families import linear_systems
from agentgym.environments.json_math.problem import Problem, fraction_rows, fractions, solution

SEEDS = range(12)
KINDS = [*linear_systems.TRAINED, *linear_systems.HELD_OUT]
Matrix = Sequence[Sequence[Fraction]]


def leibniz(matrix: Matrix) -> Fraction:
    size = len(matrix)
    signed = [
        (-1) ** sum(a > b for a, b in combinations(order, 2)) * prod(matrix[i][order[i]] for i in range(size))
        for order in permutations(range(size))
    ]
    return sum(signed, Fraction(0))


def rank(matrix: Matrix) -> int:
    """Return the size of the largest square part whose determinant is not 0."""
    rows, columns = range(len(matrix)), range(len(matrix[0]))
    return max(
        size
        for size in range(min(len(rows), len(columns)) + 1)
        if size == 0
        or any(
            leibniz([[matrix[i][j] for j in inner] for i in outer])
            for outer in combinations(rows, size)
            for inner in combinations(columns, size)
        )
    )


def system(statement: str) -> tuple[list[list[Fraction]], list[str]]:
    """Read the equations of a statement."""
    lines = [line.split(" = ") for line in statement.splitlines()[1:]]
    terms = [re.findall(r"(-?) ?(\d*) ?x(\d)", left) for left, _ in lines]
    count = max(int(name) for row in terms for *_, name in row)
    matrix = [[Fraction(0)] * count for _ in lines]
    for row, found in zip(matrix, terms, strict=True):
        for sign, size, name in found:
            row[int(name) - 1] = Fraction(f"{sign}{size or 1}")
    return matrix, [right for _, right in lines]


def read(text: str) -> Fraction:
    return Fraction(text)


def applied(matrix: Matrix, vector: Sequence[Fraction]) -> list[Fraction]:
    return [sum((a * x for a, x in zip(row, vector, strict=True)), Fraction(0)) for row in matrix]


def polynomial_matrix(statement: str, t: Fraction) -> list[list[Fraction]]:
    """Return M(t), from its entries as they are written."""

    def entry(text: str) -> Fraction:
        match = re.fullmatch(r"(?:(-?\d*)t)?(?: ?([+-]) ?)?(\d+)?", text) or re.fullmatch(r"()(-)?(\d+)", text)
        assert match, text
        slope = {"": 1, "-": -1}.get(match[1], match[1]) if match[1] is not None and "t" in text else 0
        return int(slope) * t + int(f"{match[2] or ''}{match[3] or 0}")

    return [[entry(text) for text in line.strip("[]").split(", ")] for line in statement.splitlines()[1:]]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_unique_solution_solves_its_system(seed: int) -> None:
    level = 3 + seed % 3
    problem = linear_systems.unique(Random(seed), level)
    matrix, right = system(problem.statement)
    answer = gold(problem)
    x = [read(text) for text in answer["solution"]]
    assert applied(matrix, x) == [read(text) for text in right]
    assert answer["determinant"] == leibniz(matrix) == answer["denominator"] * answer["quotient"]
    assert [read(str(d)) / answer["determinant"] for d in answer["cramer"]] == x
    assert all((answer["denominator"] * value).denominator == 1 for value in x)
    raised = int(re.findall(r"when (\d+) is", problem.parts[4].ask)[0])
    changed = applied(matrix, [read(text) for text in answer["changed"]])
    assert changed == [read(text) + raised * (i == len(matrix) - 1) for i, text in enumerate(right)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dependent_system_is_solvable_for_s_alone(seed: int) -> None:
    problem = linear_systems.dependent(Random(seed), 2 + seed % 4)
    matrix, right = system(problem.statement)
    answer = gold(problem)
    full = [[*row, read(text.replace("s", str(answer["s"])))] for row, text in zip(matrix, right, strict=True)]
    off = [*full[:-1], [*full[-1][:-1], full[-1][-1] + 1]]
    assert rank(matrix) == rank(full) == answer["rank"] < rank(off)
    assert answer["dimension"] == len(matrix[0]) - answer["rank"]
    values = [row[-1] for row in full]
    x = [read(text) for text in answer["solution"]]
    assert applied(matrix, x) == values
    assert not any(applied(matrix, [Fraction(v) for v in answer["direction"]]))
    echelon = [[read(text) for text in row] for row in answer["echelon"]]
    leads = [next(j for j, value in enumerate(row) if value) for row in echelon]
    assert leads == sorted(set(leads))
    assert all([row[lead] for row in echelon] == [i == k for k in range(len(echelon))] for i, lead in enumerate(leads))
    assert rank([*full, *echelon]) == len(echelon) == answer["rank"]
    free = [j for j in range(len(matrix[0])) if j not in leads]
    assert {x[j] for j in free} == {read(problem.parts[3].ask.split()[-1])}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_matrix_with_a_parameter_is_singular_where_it_says(seed: int) -> None:
    problem = linear_systems.parameter(Random(seed), 2 + seed % 4)
    answer = gold(problem)
    roots = [read(text) for text in answer["singular"]]
    assert roots == sorted(set(roots))
    for t in [Fraction(k, 3) for k in range(-12, 12)] + roots:
        det = leibniz(polynomial_matrix(problem.statement, t))
        assert det == sum(c * t**k for k, c in enumerate(answer["coefficients"]))
        assert (det == 0) == (t in roots)
    assert answer["coefficients"][-1] != 0
    assert answer["rank"] == rank(polynomial_matrix(problem.statement, roots[0]))
    at_largest = polynomial_matrix(problem.statement, roots[-1])
    assert not any(applied(at_largest, [Fraction(v) for v in answer["kernel"]]))
    t, right = re.findall(r"M\((-?\d+)\) x = \[(.*)\]", problem.parts[2].ask)[0]
    matrix = polynomial_matrix(problem.statement, read(t))
    assert applied(matrix, [read(x) for x in answer["solution"]]) == [read(x) for x in right.split(",")]
    assert answer["determinant"] == leibniz(matrix)


def rows_of(statement: str) -> list[list[Fraction]]:
    return [[read(text) for text in line.strip("[]").split(", ")] for line in statement.splitlines()[1:]]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_inverse_undoes_its_matrix(seed: int) -> None:
    problem = linear_systems.inverses(Random(seed), 1 + seed % 5)
    matrix, answer = rows_of(problem.statement), gold(problem)
    inverse = [[read(text) for text in row] for row in answer["inverse"]]
    for i, row in enumerate(inverse):
        assert applied(list(zip(*matrix, strict=True)), row) == [i == j for j in range(len(matrix))]
    assert answer["determinant"] == leibniz(matrix) == answer["denominator"] * answer["quotient"]
    assert read(answer["trace"]) == sum(
        inverse[i][k] * inverse[k][i] for i in range(len(matrix)) for k in range(len(matrix))
    )
    assert answer["square"][0] == applied(list(zip(*matrix, strict=True)), matrix[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_polynomial_goes_through_its_points(seed: int) -> None:
    problem = linear_systems.interpolation(Random(seed), 1 + seed % 5)
    answer = gold(problem)
    points = [(int(x), int(y)) for x, y in re.findall(r"p\((-?\d+)\) = (-?\d+)", problem.statement)]
    a = [read(text) for text in answer["coefficients"]]
    assert all(sum(c * x**k for k, c in enumerate(a)) == y for x, y in points)
    assert answer["determinant"] == prod(q[0] - p[0] for p, q in combinations(points, 2))
    assert answer["determinant"] == answer["denominator"] * answer["quotient"]
    far = int(problem.parts[4].ask[2:-1])
    assert read(answer["value"]) == sum(c * far**k for k, c in enumerate(a))
    assert read(answer["slope"]) == sum(k * c * far ** (k - 1) for k, c in enumerate(a) if k)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_gold_passes_and_a_change_of_any_part_does_not(kind: Any) -> None:
    for level in range(1, 6):
        check_parts(kind(Random(level), level))


def test_levels_differ_and_draws_hardly_repeat() -> None:
    check_draws(linear_systems.draw, linear_systems.PARTS)


def test_what_is_held_out_is_never_trained_on() -> None:
    for seed in range(60):
        trained = linear_systems.draw(Random(seed), 3, held_out=False).parts[0].key
        held_out = linear_systems.draw(Random(seed), 3, held_out=True).parts[0].key
        assert trained in ("solution", "s", "singular")
        assert held_out in ("inverse", "coefficients")


ROWS = Problem("", [fraction_rows("m", "", [[Fraction(1, 2), Fraction(0)], [Fraction(-3), Fraction(2)]])])


def test_every_fraction_of_a_matrix_is_in_lowest_terms() -> None:
    assert judge(ROWS, {"m": [["1/2", "0"], ["-3", "2"]]}).value == 1.0
    component = judge(ROWS, {"m": [["2/4", "0"], ["-3", "2"]]}).components[-1]
    assert (component.value, component.evidence) == (0.0, "right, but not in lowest terms")
    for wrong in (
        [["1/2", "0", "-3", "2"]],
        [["1/2", "0"]],
        [["1/2", "-0"], ["-3", "2"]],
        [[0.5, 0], [-3, 2]],
        ["1/2"],
    ):
        assert judge(ROWS, {"m": wrong}).value == 0.0


def test_a_list_of_fractions_has_an_order() -> None:
    problem = Problem("", [fractions("x", "", [Fraction(1, 2), Fraction(5)])])
    assert judge(problem, {"x": ["1/2", "5"]}).value == 1.0
    assert judge(problem, {"x": ["5", "1/2"]}).value == 0.0
    assert judge(problem, {"x": "1/2, 5"}).value == 0.0


def test_any_solution_counts_and_nothing_else() -> None:
    lines = Problem("", [solution("v", "", [3, -2], rows=[[2, 3], [4, 6]], right=[0, 0])])
    for good in ([3, -2], [-3, 2], [300, -200]):
        assert judge(lines, {"v": good}).value == 1.0
    for bad in ([0, 0], [3], [3, -2, 0], [], [2, 3]):
        assert judge(lines, {"v": bad}).value == 0.0
    residues = Problem("", [solution("v", "", [1, 0], rows=[[2, 3]], right=[2], modulus=5)])
    assert judge(residues, {"v": [0, 4]}).value == 1.0
    assert "from 0 to 4" in judge(residues, {"v": [6, 0]}).components[-1].evidence
    assert "equation 1" in judge(residues, {"v": [2, 0]}).components[-1].evidence
