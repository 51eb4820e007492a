"""Finite things counted: paths, words, necklaces, distributions, permutations, choices, tilings and set partitions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from agentgym.environments.json_math.families import arrangements, exclusion, lattices
from agentgym.environments.json_math.problem import Problem

PARTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}

Kind = Callable[[random.Random, int], Problem]
KINDS: Sequence[Kind] = (
    lattices.closed_points,
    lattices.below_a_line,
    lattices.strips,
    arrangements.words,
    arrangements.necklaces,
    arrangements.spaced,
    exclusion.hands,
    exclusion.moved,
    exclusion.bounded,
)
HELD_OUT: Sequence[Kind] = (lattices.diagonal_steps, lattices.boards, arrangements.blocks)


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; paths with diagonal steps, tilings of boards and set partitions are held out."""
    # Boards have no small variants.
    kinds = [kind for kind in (HELD_OUT if held_out else KINDS) if level > 1 or kind is not lattices.boards]
    return rng.choice(kinds)(rng, level).first(PARTS[level])
