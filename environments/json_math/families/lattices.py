"""Counts on grids: lattice paths past closed points or below a line, tilings of strips and of boards."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import comb

from agentgym.environments.json_math.problem import Part, Problem, closed_form, integer, integers

Point = tuple[int, int]

STEPS: Sequence[Point] = ((1, 0), (0, 1))
STEPS_AND_DIAGONAL: Sequence[Point] = ((1, 0), (0, 1), (1, 1))
SIDES = {1: (2, 4), 2: (3, 6), 3: (5, 8), 4: (7, 11), 5: (9, 14)}
CLOSED = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4}
HEIGHTS = {1: (2, 4), 2: (4, 7), 3: (6, 9), 4: (8, 12), 5: (10, 15)}
CELLS = {1: (3, 6), 2: (6, 9), 3: (9, 13), 4: (13, 18), 5: (18, 26)}
COLUMNS = {1: (2, 5), 2: (3, 6), 3: (5, 7), 4: (7, 9), 5: (9, 12)}


def closed_points(rng: random.Random, level: int) -> Problem:
    """Paths by unit steps that avoid points."""
    problem, through = _avoiding(rng, level, STEPS)
    return replace(problem, parts=[*problem.parts[:3], through, *problem.parts[3:]])


def diagonal_steps(rng: random.Random, level: int) -> Problem:
    """Paths that may also step diagonally (Delannoy paths) and avoid points."""
    problem, _ = _avoiding(rng, level, STEPS_AND_DIAGONAL)
    start = problem.statement.partition(" to ")[0].partition("from ")[2]
    extra = rng.randint(0, 9)
    delannoy = closed_form(
        "as_sum",
        f"the number of all paths from {start} to {start} + ({_shifted('n', extra)}, n), good or not, for every n >= "
        "0, as a finite sum over an index or without one",
        f"sum(binomial(n, k)*binomial(n + {extra} + k, n), k, 0, n)",
        sums=True,
    )
    return replace(problem, parts=[*problem.parts, delannoy])


def _avoiding(rng: random.Random, level: int, steps: Sequence[Point]) -> tuple[Problem, Part]:
    """Return a problem, and another part that it may have."""
    start = (rng.randint(0, 9), rng.randint(0, 9))
    while True:
        end = (start[0] + rng.randint(*SIDES[level]), start[1] + rng.randint(*SIDES[level]))
        inner = [(x, y) for x in range(start[0] + 1, end[0]) for y in range(start[1] + 1, end[1])]
        closed = sorted(rng.sample(inner, min(CLOSED[level], len(inner))))
        good = paths(start, end, steps, closed)
        if good > 0:
            break
    every = paths(start, end, steps)
    through = [paths(start, p, steps) * paths(p, end, steps) for p in closed]
    first = [paths(start, p, steps, [q for q in closed if q != p]) * paths(p, end, steps) for p in closed]
    listed = ", ".join(map(_shown, closed))
    statement = (
        f"A path goes from {_shown(start)} to {_shown(end)} by steps {_either(map(_shown, steps))}.\n"
        f"It is good when it visits none of these closed points: {listed}."
    )
    parts = [
        integer("good", "the number of good paths", good),
        integer("bad", "the number of paths that visit at least one closed point", every - good, is_reason=True),
        integer("all", "the number of all paths, good or not", every, is_reason=True),
        integers(
            "first_at",
            "for each closed point, in the order given, the number of paths whose first closed point it is",
            first,
            is_reason=True,
        ),
    ]
    visits = integers(
        "through",
        "for each closed point, in the order given, the number of paths that visit it, whatever else they visit",
        through,
        is_reason=True,
    )
    return Problem(statement, parts, {"all": [["good"], ["bad"]]}), visits


def paths(start: Point, end: Point, steps: Sequence[Point], closed: Collection[Point] = ()) -> int:
    """Return the number of paths from start to end that visit no closed point."""
    counts: Counter[Point] = Counter({start: 1})
    for x in range(start[0], end[0] + 1):
        for y in range(start[1], end[1] + 1):
            if (x, y) != start:
                counts[x, y] = 0 if (x, y) in closed else sum(counts[x - dx, y - dy] for dx, dy in steps)
    return counts[end]


def below_a_line(rng: random.Random, level: int) -> Problem:
    """Paths that stay on one side of a diagonal, counted by reflection."""
    (u, v), height = (rng.randint(0, 9), rng.randint(0, 9)), rng.randint(*HEIGHTS[level])
    slack, extra = rng.randint(0, min(4, height - 2)), rng.randint(0, 1 + level)
    end = (u + height + extra, v + height)
    every = comb(2 * height + extra, height)
    bad = comb(2 * height + extra, height - slack - 1)
    # Reflection in y = x + t swaps the distances from the two axes, shifted by t.
    t = v - u + slack + 1
    statement = (
        f"A path goes from ({u},{v}) to {_shown(end)} by steps (1,0) or (0,1).\n"
        f"It is good when it never goes above the line y = {_shifted('x', t - 1)}; points on the line are allowed."
    )
    parts = [
        integer("good", "the number of good paths", every - bad),
        integer("bad", "the number of paths that go above the line", bad, is_reason=True),
        integer("all", "the number of all paths, good or not", every, is_reason=True),
        closed_form(
            "closed_form",
            f"the number of good paths from ({u},{v}) to ({_shifted('n', u + extra)}, {_shifted('n', v)}), "
            "for every n >= 0",
            f"binomial({_shifted('2*n', extra)}, n) - binomial({_shifted('2*n', extra)}, n - {slack + 1})",
        ),
        integers(
            "mirror",
            f"[x, y], the point to which reflection in the line y = {_shifted('x', t)} carries {_shown(end)}",
            [end[1] - t, end[0] + t],
            is_reason=True,
        ),
    ]
    return Problem(statement, parts, {"all": [["good"], ["bad"]]})


def strips(rng: random.Random, level: int) -> Problem:
    """Tilings of a strip with tiles of a few lengths and colours."""
    cells = rng.randint(*CELLS[level])
    lengths = [1, *sorted(rng.sample(range(2, 4 if level < 3 else 6), 1 if level < 3 else 2))]
    colours = {length: rng.randint(1, 9) for length in lengths}
    cut = rng.randint(1, cells - 1)
    tilings = strip_tilings(cells, colours)
    seam = tilings[cut] * tilings[cells - cut]
    tiles = " and ".join(f"tiles of length {length} in {_number(colours[length], 'colour')}" for length in lengths)
    statement = (
        f"A strip of {cells} cells is tiled, without gaps or overlaps, with {tiles}.\n"
        "Tilings are different when they differ anywhere in the places, lengths or colours of the tiles."
    )
    last = [colours[length] * tilings[cells - length] if length <= cells else 0 for length in lengths]
    parts = [
        integer("tilings", "the number of tilings", tilings[cells]),
        integer("seam", f"how many of them have a border of tiles right after cell {cut}", seam, is_reason=True),
        integer("crossing", "how many have a tile across that place", tilings[cells] - seam, is_reason=True),
        integers(
            "by_last", f"how many end with a tile of length {_listed(lengths)}, in this order", last, is_reason=True
        ),
        integers("first", "the number of tilings of strips of 1, 2, 3, 4 and 5 cells", tilings[1:6], is_reason=True),
    ]
    return Problem(statement, parts, {"tilings": [["seam"], ["crossing"]]})


def strip_tilings(cells: int, colours: Mapping[int, int]) -> list[int]:
    """Return how many tilings strips of 0, 1, ... cells have (at least up to 5), by the length of the last tile."""
    tilings = [1]
    for n in range(1, max(cells, 5) + 1):
        tilings.append(sum(many * tilings[n - length] for length, many in colours.items() if length <= n))
    return tilings


def boards(rng: random.Random, level: int) -> Problem:
    """Tilings of narrow boards with squares and dominoes, by a transfer matrix."""
    rows, columns = 2 if level < 3 else 3, rng.randint(*COLUMNS[level])
    squares, dominoes = rng.randint(1, 20), rng.randint(1, 20)
    cut = rng.randint(1, columns - 1)
    tilings = board_tilings(rows, columns, squares, dominoes)
    seam = tilings[cut] * tilings[columns - cut]
    along = strip_tilings(columns, {1: squares, 2: dominoes})[columns] ** rows
    statement = (
        f"A board of {rows} rows and {columns} columns is tiled, without gaps or overlaps, with 1 x 1 squares in "
        f"{_number(squares, 'colour')}\nand dominoes (1 x 2, along a row or a column) in "
        f"{_number(dominoes, 'colour')}. Turned or mirrored tilings count as different."
    )
    parts = [
        integer("tilings", "the number of tilings", tilings[columns]),
        integer("seam", f"how many of them have no domino across columns {cut} and {cut + 1}", seam, is_reason=True),
        integer("crossing", "how many have at least one there", tilings[columns] - seam, is_reason=True),
        integers(
            "first",
            f"the number of tilings of boards of {rows} rows and 1, 2, 3 and 4 columns",
            tilings[1:5],
            is_reason=True,
        ),
        integer("along", "how many tilings of the whole board have no domino along a column", along, is_reason=True),
    ]
    return Problem(statement, parts, {"tilings": [["seam"], ["crossing"]]})


def board_tilings(rows: int, columns: int, squares: int, dominoes: int) -> list[int]:
    """Return how many tilings boards of 0, 1, ... columns have (at least up to 4).

    The state between two columns is the set of rows, as bits, in which a domino crosses.
    """
    states: Counter[int] = Counter({0: 1})
    tilings = [1]
    for _ in range(max(columns, 4)):
        following: Counter[int] = Counter()
        for taken, ways in states.items():
            _fill(rows, 0, taken, 0, ways, (squares, dominoes), following)
        states = following
        tilings.append(states[0])
    return tilings


def _fill(
    rows: int, row: int, taken: int, out: int, ways: int, colours: tuple[int, int], following: Counter[int]
) -> None:
    """Add the ways to fill a column from a row down to the states after it."""
    squares, dominoes = colours
    if row == rows:
        following[out] += ways
    elif taken >> row & 1:
        _fill(rows, row + 1, taken, out, ways, colours, following)
    else:
        _fill(rows, row + 1, taken, out, ways * squares, colours, following)
        _fill(rows, row + 1, taken, out | 1 << row, ways * dominoes, colours, following)
        if row + 1 < rows and not taken >> (row + 1) & 1:
            _fill(rows, row + 2, taken, out, ways * dominoes, colours, following)


def _shown(point: Point) -> str:
    return f"({point[0]},{point[1]})"


def _either(items: Iterable[str]) -> str:
    return " or ".join(items)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _shifted(name: str, by: int) -> str:
    return name if by == 0 else f"{name} {'+' if by > 0 else '-'} {abs(by)}"
