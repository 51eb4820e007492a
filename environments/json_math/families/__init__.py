"""The families of problems: one module each, with a `draw` that makes a problem from a random source and a level."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Protocol

from agentgym.environments.json_math.families import (
    arithmetic,
    combinatorics,
    congruences,
    counting,
    finite_fields,
    integrals,
    linear_systems,
    markov,
    number_theory,
    prose,
    pseudocode,
    range_queries,
    recurrences,
    runs,
    series,
    sums,
)
from agentgym.environments.json_math.problem import Problem


class Draw(Protocol):
    """What makes problems of one family."""

    def __call__(self, rng: random.Random, level: int, *, held_out: bool) -> Problem:
        """Draw a problem.

        Args:
            rng: the only source of chance.
            level: from 1 (easiest) to 5.
            held_out: draw from the parameters that are kept for evaluation, which no training task ever has.
        """
        ...


FAMILIES: Mapping[str, Draw] = {
    "arithmetic": arithmetic.draw,
    "counting": counting.draw,
    "recurrences": recurrences.draw,
    "runs": runs.draw,
    "congruences": congruences.draw,
    "sums": sums.draw,
    "markov": markov.draw,
    "combinatorics": combinatorics.draw,
    "integrals": integrals.draw,
    "linear-systems": linear_systems.draw,
    "finite-fields": finite_fields.draw,
    "number-theory": number_theory.draw,
    "series": series.draw,
    "range-queries": range_queries.draw,
    "pseudocode": pseudocode.draw,
    "prose": prose.draw,
}
HELD_OUT_FAMILIES = frozenset({"markov", "finite-fields"})
LEVELS = 5
