"""Part B: how many k in a range take a step of two floors, with the residue cycle that explains it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import gcd

from agentgym.environments.json_math.families.counting import count, floor_step
from agentgym.environments.json_math.problem import Problem


@dataclass(frozen=True)
class FloorSteps:
    """The k from 1 to `last` with floor((factor k + plus)/modulus) - floor((factor k - minus)/modulus) = 1."""

    factor: int
    plus: int
    minus: int
    modulus: int
    last: int

    def problem(self, rng: random.Random) -> Problem:
        """Return the problem; nothing in it is drawn."""
        return count(floor_step(self.factor, self.plus, self.minus, self.modulus), self.last)


V1 = FloorSteps(factor=17, plus=8, minus=4, modulus=29, last=2_026)


def draw(rng: random.Random, *, small: bool) -> FloorSteps:
    """Draw a condition; the moduli that json-math holds out for its evaluation stay out of training here too."""
    modulus = rng.randint(5, 12) if small else rng.choice([*range(13, 29), *range(48, 80)])
    factor = rng.choice([a for a in range(2, modulus) if gcd(a, modulus) == 1])
    width = rng.randint(2, modulus - 2)
    plus = rng.randint(1, width - 1)
    return FloorSteps(factor, plus, width - plus, modulus, last=rng.randint(*((20, 99) if small else (1_000, 9_999))))
