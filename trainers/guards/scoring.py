"""What a model makes of given tokens, and how far two such accounts are apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from agentgym.trainers.sampling.generation import logprobs
from agentgym.trainers.settings import RailSettings

Logprobs = list[list[float]]


@dataclass(frozen=True)
class Gap:
    """How far two computations of the same log-probabilities are apart.

    Attributes:
        tokens: how many were compared.
        mean: of |Δlogp|.
        max: of |Δlogp|.
    """

    tokens: int
    mean: float
    max: float

    def __str__(self) -> str:
        return f"mean {self.mean:.2g}, max {self.max:.2g} over {self.tokens} tokens"


class Rows(NamedTuple):
    """Prompts with their answers, and what the sampler says of the answers; A differs from row to row.

    Attributes:
        ids: prompt and answer, shape (P + A,).
        logprobs: of the answer, shape (A,).
    """

    ids: list[tuple[int, ...]]
    logprobs: Logprobs


class Scores:
    """The trainer's log-probabilities of what was sampled."""

    def __init__(self, model: Any, temperature: float) -> None:
        self._model = model
        self._temperature = temperature

    def with_adapter(self, rows: Rows) -> Logprobs:
        """Return those of the answers, with the adapter as it is now."""
        found = logprobs(self._model, rows.ids, temperature=self._temperature)
        return [row[-len(said) :] for row, said in zip(found, rows.logprobs, strict=True)]

    def without_adapter(self, rows: Rows) -> Logprobs:
        """Return those of the answers without the adapter."""
        with self._model.disable_adapter():
            return self.with_adapter(rows)


def gap(ones: Logprobs, others: Logprobs) -> Gap:
    """Return how far two accounts of the same tokens are apart."""
    apart = [
        abs(one - other) for row, told in zip(ones, others, strict=True) for one, other in zip(row, told, strict=True)
    ]
    return Gap(len(apart), sum(apart) / len(apart), max(apart))


def beyond(seen: Gap, rails: RailSettings) -> bool:
    """Tell whether a gap is more than is tolerated at the start of a run."""
    # Written so that what is no number is beyond.
    return not (seen.mean <= rails.probe_mean and seen.max <= rails.probe_max)
