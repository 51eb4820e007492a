"""Tasks for the family pseudocode: algorithms with parameters, each as a task, as programs and as a reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

Inputs = Mapping[str, int | list[int] | list[list[int]]]


@dataclass(frozen=True)
class Algorithm:
    """Something to compute, which always is one integer.

    Attributes:
        task: what it is, with what the inputs are and may be.
        programs: two programs of as many lines that compute it, written in different ways.
        solve: the reference; it takes the inputs by name.
        draw: small or large inputs, by a size from 1 up.
        anywhere: inputs from all of the range that the task states.
        corners: inputs at the ends of their ranges.
        scalar: an input that is an integer; in chains of results it is made from the result before.
        low: the least that it may be in such a chain.
        high: the most.
        limits: the least and the most that the task lets it be.
    """

    task: str
    programs: Sequence[str]
    solve: Callable[..., int]
    draw: Callable[[Random, int], Inputs]
    anywhere: Callable[[Random], Inputs]
    corners: Sequence[Inputs]
    scalar: str
    low: int
    high: int
    limits: tuple[int, int]


class Pick:
    """A source of parameters; the held-out ones are never drawn for training."""

    def __init__(self, rng: Random, *, held_out: bool) -> None:
        """Draw from `rng`."""
        self.rng = rng
        self.held_out = held_out

    def apart(self, train: tuple[int, int], held_out: tuple[int, int]) -> int:
        """Return a parameter that shows whether a task is held out."""
        return self.rng.randint(*(held_out if self.held_out else train))

    def any(self, low: int, high: int) -> int:
        """Return a parameter whose range is the same for all tasks."""
        return self.rng.randint(low, high)


def some(rng: Random, count: int, low: int, high: int) -> list[int]:
    """Return a list of integers."""
    return [rng.randint(low, high) for _ in range(count)]


def program(text: str) -> str:
    """Return a program without the indentation of the module that it stands in."""
    lines = text.strip("\n").split("\n")
    margin = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[margin:].rstrip() for line in lines).rstrip()
