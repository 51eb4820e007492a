"""number-theory."""

from __future__ import annotations

import random

from agentgym.environments.json_math.problem import Problem, integer


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem."""
    return Problem(f"number-theory {rng.random()}", [integer("answer", "", level)])
