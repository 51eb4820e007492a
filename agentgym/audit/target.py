"""What is audited, and how much of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentgym.audit.attacks import OWN
from agentgym.env import AgentEnv
from agentgym.task import Task


@dataclass(frozen=True)
class Target:
    """An environment, or tasks of one's own that it plays.

    Attributes:
        name: as it was named.
        env_class: the environment.
        options: of its constructor.
        own_tasks: tasks that are audited in place of its own; empty for those.
    """

    name: str
    env_class: type[AgentEnv]
    options: Mapping[str, Any] = field(default_factory=dict)
    own_tasks: Sequence[Task] = ()

    @property
    def make(self) -> Callable[..., AgentEnv]:
        """What makes the environment when it is called with `sandbox`; the class itself where there are no options."""
        return functools.partial(self.env_class, **self.options) if self.options else self.env_class


@dataclass(frozen=True)
class Extent:
    """How much is looked at and played.

    Attributes:
        tasks: played of each split, or of one's own in all, beside at most as many canaries.
        drawn: looked at of each split.
        seed: chooses them.
        attacks: whether attacks are played.
        families: of attacks, and `own` for the environment's cheats; none stands for all.
        boxes: whether the walls of the boxes are tried too.
    """

    tasks: int = 2
    drawn: int = 100
    seed: int = 0
    attacks: bool = True
    families: Collection[str] = ()
    boxes: bool = True

    @property
    def plays_cheats(self) -> bool:
        """Whether the panel plays the environment's own cheats."""
        return self.attacks and (not self.families or OWN in self.families)
