"""range-queries."""

from __future__ import annotations

import random

from agentgym.environments.json_math.problem import Problem, integer


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem."""
    return Problem(f"range-queries {rng.random()}", [integer("answer", "", level)])
