"""Definite integrals whose values are made of fractions, pi, logarithms, zeta values and Euler's constant."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from agentgym.environments.json_math.families import rational_integrals, special_integrals
from agentgym.environments.json_math.problem import Problem

PARTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}

Kind = Callable[[random.Random, int], Problem]
# Those of level 1 have fractions as values.
FIRST: Sequence[Kind] = (special_integrals.beta, special_integrals.logarithm_powers)
KINDS: Sequence[Kind] = (
    *FIRST,
    rational_integrals.circle,
    rational_integrals.pole,
    rational_integrals.logarithm,
    rational_integrals.arctangent,
    special_integrals.zeta_values,
    special_integrals.sines,
)
FIRST_HELD_OUT: Sequence[Kind] = (special_integrals.exponential_moment, special_integrals.logarithm_moment)
HELD_OUT: Sequence[Kind] = (special_integrals.euler, special_integrals.two_logarithms)


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; integrals over a half-line, and those with ln(1 - x), are held out."""
    first, later = (FIRST_HELD_OUT, HELD_OUT) if held_out else (FIRST, KINDS)
    return rng.choice(first if level == 1 else later)(rng, level).first(PARTS[level])
