"""An adapter of noise in place of a model's own, for a while: to see whether a sampler takes notice of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from agentgym.errors import UsageError
from agentgym.trainers.guards.scoring import Gap, Rows, Scores, gap

# It is made larger until it is felt.
_FIRST_SCALE, _GROWTH, _TRIES = 0.01, 2.0, 14
# A part is taken out only if that brings the gap below this share of what it was.
_CLOSER = 0.95

Weights = Mapping[str, torch.Tensor]


class SyntheticAdapter:
    """The adapter of a model, of whose pairs the second halves are noise."""

    def __init__(self, halves: Weights) -> None:
        self._halves = halves
        self._scale = _FIRST_SCALE

    def fill(self) -> None:
        """Fill it with noise, the same each time but for its scale."""
        for number, half in enumerate(self._halves.values()):
            drawn = torch.randn(half.shape, generator=torch.Generator().manual_seed(number))
            half.copy_(drawn.to(half) * self._scale)

    def grow_until_felt(self, scored: Scores, rows: Rows, *, at_least: float) -> None:
        """Make it larger until it moves the trainer's own log-probabilities so far in the mean.

        Raises:
            UsageError: it never does.
        """
        bare = scored.without_adapter(rows)
        for _ in range(_TRIES):
            self.fill()
            if gap(scored.with_adapter(rows), bare).mean >= at_least:
                return
            self._scale *= _GROWTH
        raise UsageError(
            "the adapter does not change what the model computes, however large its weights are: its modules are not "
            "used by the model's forward pass (some fused layers read the weights themselves). Choose others with "
            "lora.target_modules"
        )

    def explain(self, scored: Scores, rows: Rows) -> tuple[list[str], Gap]:
        """Return which kinds of modules a sampler seems to leave out, and how far it is apart from an adapter without.

        Time after time, that kind's part is taken out which brings the trainer's numbers closest to the sampler's; they
        stay out.
        """
        kinds, left_out = {_kind(name) for name in self._halves}, []
        nearest = gap(rows.logprobs, scored.with_adapter(rows))
        while kinds:
            gaps = {kind: self._gap_without(kind, scored, rows) for kind in sorted(kinds)}
            best = min(gaps, key=lambda kind: gaps[kind].mean)
            if not gaps[best].mean < _CLOSER * nearest.mean:
                break
            nearest = gaps[best]
            self._take_out(best)
            kinds.remove(best)
            left_out.append(best)
        return sorted(left_out), nearest

    def _gap_without(self, kind: str, scored: Scores, rows: Rows) -> Gap:
        kept = self._take_out(kind)
        found = gap(rows.logprobs, scored.with_adapter(rows))
        _put_back(self._halves, kept)
        return found

    def _take_out(self, kind: str) -> Weights:
        """Take a kind's part out, and return it."""
        kept = {name: half.clone() for name, half in self._halves.items() if _kind(name) == kind}
        for name in kept:
            self._halves[name].zero_()
        return kept


@contextmanager
def synthetic_adapter(model: Any) -> Iterator[SyntheticAdapter]:
    """Lend the model's adapter; afterwards it is, bit for bit, what it was."""
    halves = {name: weights for name, weights in model.named_parameters() if ".lora_B." in name}
    kept = {name: half.detach().clone() for name, half in halves.items()}
    with torch.no_grad():
        try:
            yield SyntheticAdapter(halves)
        finally:
            _put_back(halves, kept)


def _put_back(halves: Weights, kept: Weights) -> None:
    for name, half in kept.items():
        halves[name].copy_(half)


def _kind(name: str) -> str:
    """Return the last part of a module's name, as `in_proj_qkv`."""
    return name.partition(".lora_B.")[0].rpartition(".")[2]
