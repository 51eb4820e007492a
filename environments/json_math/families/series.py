"""Coefficients of power series: rational functions, products, exponentials, logarithms, inverse functions, roots."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from agentgym.environments.json_math.families import power_series, product_series
from agentgym.environments.json_math.problem import Problem

PARTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}

Kind = Callable[[random.Random, int], Problem]
KINDS: Sequence[Kind] = (
    product_series.rational,
    product_series.repeated,
    product_series.subsets,
    product_series.coins,
    power_series.exponential,
    power_series.logarithm,
    power_series.inverse,
)
HELD_OUT: Sequence[Kind] = (power_series.harmonic_series, power_series.root, power_series.nested)


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; harmonic numbers, roots, and exponentials of rational functions are held out."""
    return rng.choice(HELD_OUT if held_out else KINDS)(rng, level).first(PARTS[level])
