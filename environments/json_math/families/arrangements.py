"""Words, necklaces, spaced choices and set partitions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from math import comb, factorial, gcd, prod

from agentgym.environments.json_math.problem import Problem, closed_form, integer, integers

LETTERS = "abcdefghijkmnpqrstuvwxyz"
COLOURS = ("amber", "black", "blue", "green", "grey", "orange", "pink", "red", "violet", "white")
LENGTHS = {1: (3, 5), 2: (5, 8), 3: (7, 11), 4: (10, 14), 5: (13, 20)}
LONGEST_RUN = {1: (1, 1), 2: (1, 2), 3: (1, 2), 4: (2, 3), 5: (2, 3)}
BEADS = {1: 8, 2: 9, 3: 10, 4: 12, 5: 16}
CHOSEN = {1: (2, 2), 2: (2, 3), 3: (3, 4), 4: (4, 6), 5: (5, 8)}
ROOM = {1: (2, 6), 2: (3, 7), 3: (4, 9), 4: (6, 12), 5: (8, 16)}
LABELLED = {1: (3, 5), 2: (5, 7), 3: (7, 9), 4: (9, 12), 5: (12, 16)}


def words(rng: random.Random, level: int) -> Problem:
    """Words in which special letters never make a long run."""
    letters = rng.sample(LETTERS, rng.randint(2, 4 if level == 1 else 6))
    special = sorted(rng.sample(letters, rng.randint(1, len(letters) - 1)))
    s, p = len(special), len(letters) - len(special)
    run, length = rng.randint(*LONGEST_RUN[level]), rng.randint(*LENGTHS[level])
    good = good_words(length, s, p, run)
    statement = (
        f"Words of {length} letters are made of {', '.join(sorted(letters))}, each any number of times.\n"
        f"A word is good when no {run + 1} letters in a row are all from {{{', '.join(special)}}}."
    )
    plain = p * good[length - 1]
    coefficients = [p * s**i for i in range(run + 1)]
    equation = " + ".join(f"c{i} w(m-{i})" for i in range(1, run + 2))
    parts = [
        integer("good", "the number of good words", good[length]),
        integer(
            "end_special",
            f"how many of them end with one of {', '.join(special)}",
            good[length] - plain,
            is_reason=True,
        ),
        integer("end_plain", "how many of them end with another letter", plain, is_reason=True),
        integers(
            "coefficients",
            f"[c1, ..., c{run + 1}] of the recurrence w(m) = {equation} that the number w(m) of good words "
            f"of m letters has for every m > {run + 1}",
            coefficients,
            is_reason=True,
        ),
        integer(
            "circular",
            "how many of the good words stay good when their letters are put in a circle, the first after the last "
            "(words are still read from their first letter, so turning a word makes another word)",
            _circular(length, s, p, run, good),
        ),
    ]
    return Problem(statement, parts, {"good": [["end_special"], ["end_plain"]]})


def good_words(length: int, special: int, plain: int, run: int) -> list[int]:
    """Return the numbers of words of 0, 1, ... letters without more than `run` special letters in a row."""
    counts = [1]
    for m in range(1, length + 1):
        counts.append(
            sum(plain * special**i * counts[m - 1 - i] for i in range(min(run, m - 1) + 1)) + special**m * (m <= run)
        )
    return counts


def _circular(length: int, special: int, plain: int, run: int, good: Sequence[int]) -> int:
    """Count by the t special letters around the seam, which can be split by it in t + 1 ways."""
    rest = [length - t for t in range(run + 1)]
    return sum(
        (t + 1) * special**t * (plain if left == 1 else plain**2 * good[left - 2])
        for t, left in enumerate(rest)
        if left > 0
    )


def necklaces(rng: random.Random, level: int) -> Problem:
    """Beads of given colours on a ring, up to rotation, by Burnside's lemma."""
    while True:
        share = rng.randint(1 if level == 1 else 2, 2 if level == 1 else 4)
        beads = [share * rng.randint(1, 3) for _ in range(rng.randint(2, 2 + (level + 1) // 2))]
        if BEADS[level] // 2 <= sum(beads) <= BEADS[level]:
            break
    n = sum(beads)
    fixed = [turn_fixed(beads, turn) for turn in range(n)]
    shown = ", ".join(f"{count} {colour}" for count, colour in zip(beads, rng.sample(COLOURS, len(beads)), strict=True))
    statement = (
        f"{n} beads ({shown}) are put on a ring with {n} places. Beads of one colour are alike.\n"
        "Two arrangements are the same necklace when a rotation carries one into the other;\n"
        "turning over is not allowed."
    )
    parts = [
        integer("necklaces", "the number of different necklaces", sum(fixed) // n),
        integer(
            "fixed_total",
            f"the sum, over the {n} rotations (by 0, 1, ..., {n - 1} places), of how many of the arrangements "
            f"in {n} numbered places each leaves as they are",
            sum(fixed),
            is_reason=True,
        ),
        integers(
            "fixed",
            f"for r = 0, 1, ..., {n - 1}, how many of the arrangements in {n} numbered places the rotation by r places "
            "leaves as they are",
            fixed,
            is_reason=True,
        ),
        integer(
            "bracelets",
            "the number of different arrangements when turning the ring over is allowed as well as rotating it",
            (sum(fixed) + reflections_fixed(beads)) // (2 * n),
        ),
        integer("rotations", "the number of rotations, the one by 0 places included", n, is_reason=True),
    ]
    return Problem(statement, parts, {"fixed_total": [["necklaces", "rotations"]]})


def turn_fixed(beads: Sequence[int], turn: int) -> int:
    """Return how many arrangements of beads on a ring a rotation fixes: those that repeat along its cycles."""
    cycle = sum(beads) // gcd(sum(beads), turn)
    return _multinomial([count // cycle for count in beads]) if all(count % cycle == 0 for count in beads) else 0


def reflections_fixed(beads: Sequence[int]) -> int:
    """Return how many arrangements each reflection of a ring fixes, added over all reflections."""
    n, odd = sum(beads), sum(count % 2 for count in beads)
    halves = [count // 2 for count in beads]
    if n % 2:
        return n * _multinomial(halves) if odd == 1 else 0
    if odd == 2:
        return n // 2 * 2 * _multinomial(halves)
    if odd:
        return 0
    through = sum(_multinomial([h - (i == j) for j, h in enumerate(halves)]) for i, half in enumerate(halves) if half)
    return n // 2 * (_multinomial(halves) + through)


def _multinomial(counts: Sequence[int]) -> int:
    return factorial(sum(counts)) // prod(map(factorial, counts))


def spaced(rng: random.Random, level: int) -> Problem:
    """Choices of numbers that keep a distance, in a row and in a circle."""
    k, gap = rng.randint(*CHOSEN[level]), rng.randint(2, 3 + level // 3)
    n, shift = gap * k + rng.randint(*ROOM[level]), rng.randint(0, 30)
    lost = (gap - 1) * (k - 1)
    total, first = comb(n - lost, k), comb(n - lost - 1, k - 1)
    statement = (
        f"{k} different numbers are chosen from {shift + 1}, {shift + 2}, ..., {shift + n}; their order does not "
        f"count.\nA choice is good when every two of its numbers differ by at least {gap}."
    )
    parts = [
        integer("good", "the number of good choices", total),
        integer("with_first", f"how many of them contain {shift + 1}", first, is_reason=True),
        integer("without_first", f"how many of them do not contain {shift + 1}", total - first, is_reason=True),
        closed_form(
            "closed_form",
            f"the number of good choices of {k} from {shift + 1}, ..., {shift} + n instead, for every n >= {lost}",
            f"binomial(n - {lost}, {k})",
            first_n=lost,
        ),
        integer(
            "circular",
            f"how many of the good choices (from all {n} numbers) stay good when the {n} numbers stand in a circle in "
            f"their order, {shift + 1} after {shift + n}, and every two chosen ones must be at least {gap} places "
            "apart both ways round",
            n * comb(n - (gap - 1) * k - 1, k - 1) // k,
        ),
    ]
    return Problem(statement, parts, {"good": [["with_first"], ["without_first"]]})


def blocks(rng: random.Random, level: int) -> Problem:
    """Set partitions into blocks of given sizes, each in a number of colours."""
    size = rng.randint(*LABELLED[level])
    letters = sorted(rng.sample(LETTERS, size))
    sizes = sorted(rng.sample(range(1, 4 if level == 1 else 6), 2 if level < 3 else 3))
    if level < 4 and sizes[0] > 1:
        sizes[0] = 1
    colours = {s: rng.randint(1, 6) for s in sizes}
    table = partitions(size, colours)
    total = sum(table[size])
    # The likeliest number of groups, so that neither side of the split is 0.
    groups = max(range(size + 1), key=lambda g: table[size][g])
    mine = [colours[s] * comb(size - 1, s - 1) * sum(table[size - s]) if s <= size else 0 for s in sizes]
    shown = "; ".join(f"{s} (with {colours[s]} possible flag{'s' * (colours[s] > 1)})" for s in sizes)
    statement = (
        f"The {size} letters {', '.join(letters)} form groups, and every group chooses a flag.\n"
        f"A group may have this many letters: {shown}.\n"
        "Groups and the letters in them have no order, and several groups may have the same flag."
    )
    parts = [
        integer("ways", "in how many ways this can be done", total),
        integer("exact", f"how many of the ways have exactly {groups} groups", table[size][groups], is_reason=True),
        integer("other", "how many have another number of groups", total - table[size][groups], is_reason=True),
        integers(
            "own_group",
            f"for group sizes {', '.join(map(str, sizes))}, in this order, how many ways put the letter {letters[0]} "
            "in a group of this size",
            mine,
            is_reason=True,
        ),
        integers(
            "first",
            "in how many ways 1, 2, 3, 4 and 5 letters can do it",
            [sum(table[m]) for m in range(1, 6)],
            is_reason=True,
        ),
    ]
    return Problem(statement, parts, {"ways": [["exact"], ["other"]]})


def partitions(size: int, colours: Mapping[int, int]) -> list[list[int]]:
    """Return the ways to form 0, 1, ... coloured groups of 0, 1, ... elements (at least up to 5), by allowed sizes."""
    most = max(size, 5)
    table = [[1] + [0] * most]
    for m in range(1, most + 1):
        row = [0] * (most + 1)
        for s, many in colours.items():
            if s <= m:
                for groups in range(most):
                    row[groups + 1] += many * comb(m - 1, s - 1) * table[m - s][groups]
        table.append(row)
    return table
