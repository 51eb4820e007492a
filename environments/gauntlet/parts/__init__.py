"""The parts of the gauntlet: one module each, with the frozen parameters `V1` and a `draw` of siblings."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol

from agentgym.environments.gauntlet.parts import alternating_sum, counting, paragraph, pattern, range_queries
from agentgym.environments.json_math.problem import Problem


class Variant(Protocol):
    """The parameters of one part; two variants are apart if no parameter is the same."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def problem(self, rng: random.Random) -> Problem:
        """Return the problem; `rng` draws what is secret in it, such as the inputs of a program."""
        ...


@dataclass(frozen=True)
class Part:
    """One part of the gauntlet.

    Attributes:
        name: the family of its tasks.
        v1: the frozen parameters of `gauntlet-v1`.
        draw: draws the parameters of a sibling; small ones for people and models that are new to it.
    """

    name: str
    v1: Variant
    draw: Callable[..., Variant]

    def sibling(self, rng: random.Random, *, small: bool = False) -> Variant:
        """Return parameters none of which is one of `gauntlet-v1`'s."""
        while True:
            drawn = self.draw(rng, small=small)
            if all(getattr(drawn, field.name) != getattr(self.v1, field.name) for field in fields(self.v1)):
                return drawn


# By the letter that the keys of its answers begin with.
PARTS: Mapping[str, Part] = {
    "a": Part("a-sum", alternating_sum.V1, alternating_sum.draw),
    "b": Part("b-count", counting.V1, counting.draw),
    "c": Part("c-queries", range_queries.V1, range_queries.draw),
    "d": Part("d-paragraph", paragraph.V1, paragraph.draw),
    "e": Part("e-pattern", pattern.V1, pattern.draw),
}
