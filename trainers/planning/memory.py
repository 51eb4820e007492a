"""What training takes of memory, by arithmetic.

Each number is one of these, and no more is claimed:

- Weights: parameters times bytes; with FSDP each process keeps its share, and two blocks at a time whole.
- The adapter: weights, gradients and Adam's two moments, in 32 bits whatever the weights are.
- Kept activations: with checkpointing, one vector of each token for each block; without it, what goes into and comes
  out of every matrix, and half as much for what is between them.
- One block again: what goes into and comes out of the matrices of one block, three times: forward, its gradients, and
  the adapter's inputs in 32 bits.
- Log-probabilities: TRL 1.16 never has all logits, but tiles of 4,096 tokens by 32,768 words
  (trl/kernels/chunked_logprob.py), which a processor works on in 13 copies of 32 bits; the last vectors and their
  gradients are in 32 bits.
- Sampling in process: keys and values of all rows of an update, and the states of recurrent layers.
- `GPU_OVERHEAD_GIB` and `PROCESS_GIB` are estimates.

An update and sampling in process take turns, so the larger of them counts. On a processor, with the matrices of
SmolLM2-135M in 32 bits, an update took 0.88 to 0.98 of this for 256 to 2,048 tokens at once, with checkpointing and
without (torch 2.13, TRL 1.16); on a GPU it is not measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agentgym.models import Model, Shape
from agentgym.models.fit import GIB

GPU_OVERHEAD_GIB = 2.5
"""The CUDA context, kernels, and what the allocator cannot use."""
PROCESS_GIB = 1.0
"""Python with torch and transformers, on a processor."""

ADAPTER_BYTES = 4 + 4 + 8
TILE_TOKENS, TILE_WORDS = 4096, 32768
TILE_COPIES_CPU = 13
BETWEEN_MATRICES = 1.5


class Term(NamedTuple):
    """One summand.

    Attributes:
        name: what takes it.
        gib: how much, in GiB; None where it is not known.
        how: how it is computed.
    """

    name: str
    gib: float | None
    how: str


@dataclass(frozen=True)
class Work:
    """What one process trains.

    Attributes:
        number_bytes: of a weight, and of an activation.
        rank: of the adapter.
        targets: ends of the names of the modules that get one.
        rows: computed at once.
        row_tokens: of the longest.
        checkpointing: whether activations are computed twice instead of kept.
        processes: that share an update.
        sharded: whether they share the weights too (FSDP).
        gpu: whether it trains on one.
        sampled_rows: that are sampled at once in this process; 0 where a server samples.
    """

    number_bytes: int
    rank: int
    targets: Sequence[str]
    rows: int
    row_tokens: int
    checkpointing: bool
    processes: int = 1
    sharded: bool = False
    gpu: bool = False
    sampled_rows: int = 0

    @property
    def tokens(self) -> int:
        """Tokens that are computed at once."""
        return self.rows * self.row_tokens

    @property
    def shares(self) -> int:
        """Into how many parts weights and optimizer are split."""
        return self.processes if self.sharded else 1


@dataclass(frozen=True)
class Demand:
    """What one process takes.

    Attributes:
        fixed: all the time.
        update: while an update is computed.
        sampling: while episodes are sampled in the same process.
    """

    fixed: Sequence[Term]
    update: Sequence[Term]
    sampling: Sequence[Term] = ()

    @property
    def gib(self) -> float:
        """The most at a time, in GiB, without what is not known."""
        return _sum(self.fixed) + max(_sum(self.update), _sum(self.sampling))

    @property
    def known(self) -> bool:
        """Whether every summand is known."""
        return all(term.gib is not None for term in (*self.fixed, *self.update, *self.sampling))


def demand(work: Work, *, parameters_b: float | None, model: Model | None) -> Demand:
    """Return what a process takes.

    Args:
        work: what it does.
        parameters_b: billions of the model's parameters; None where they are not known.
        model: what is known of it; None where nothing is.
    """
    shape = model.shape if model else None
    fixed = [_weights(work, parameters_b), _adapter(work, shape)]
    if work.sharded:
        fixed.append(_gathered(work, parameters_b, shape))
    fixed.append(Term("CUDA", GPU_OVERHEAD_GIB, "estimated") if work.gpu else Term("Python", PROCESS_GIB, "estimated"))
    sampling = [_cache(work, model)] if work.sampled_rows else []
    return Demand(fixed, list(_update(work, shape)), sampling)


def _weights(work: Work, parameters_b: float | None) -> Term:
    if parameters_b is None:
        return Term("weights", None, "not known")
    part = f", 1 of {work.shares} parts" if work.shares > 1 else ""
    gib = parameters_b * 1e9 * work.number_bytes / work.shares / GIB
    return Term("weights", gib, f"{parameters_b:,.3f} B × {work.number_bytes} bytes{part}")


def _adapter(work: Work, shape: Shape | None) -> Term:
    if shape is None:
        return Term("adapter, Adam", None, "not known")
    parameters = shape.adapter_parameters(work.rank, work.targets)
    part = f", 1 of {work.shares} parts" if work.shares > 1 else ""
    how = f"{parameters / 1e6:,.1f} M (rank {work.rank}) × {ADAPTER_BYTES} bytes{part}"
    return Term("adapter, Adam", parameters * ADAPTER_BYTES / work.shares / GIB, how)


def _gathered(work: Work, parameters_b: float | None, shape: Shape | None) -> Term:
    if shape is None or parameters_b is None:
        return Term("gathered", None, "not known")
    head = shape.vocabulary * shape.hidden
    block = shape.parameters / shape.blocks
    gib = (2 * block + head) * work.number_bytes / GIB
    return Term("gathered", gib, f"2 blocks of {block / 1e6:,.0f} M and the head of {head / 1e6:,.0f} M")


def _update(work: Work, shape: Shape | None) -> Iterator[Term]:
    if shape is None:
        yield Term("activations", None, "not known")
        return
    tokens, size = work.tokens, work.number_bytes
    rows = f"{work.rows} × {work.row_tokens:,} tokens"
    if work.checkpointing:
        kept: float = tokens * shape.hidden * shape.blocks * size
        yield Term("activations kept", kept / GIB, f"{rows} × {shape.blocks} × {shape.hidden:,} × {size} bytes")
        block = shape.token_numbers // shape.blocks
        again = 3 * tokens * block * size
        yield Term("one block again", again / GIB, f"3 × {rows} × {block:,} × {size} bytes")
    else:
        kept = BETWEEN_MATRICES * tokens * shape.token_numbers * size
        how = f"{BETWEEN_MATRICES} × {rows} × {shape.token_numbers:,} × {size} bytes"
        yield Term("activations kept", kept / GIB, how)
    yield _logits(work, shape)


def _logits(work: Work, shape: Shape) -> Term:
    tile = min(TILE_TOKENS, work.tokens), min(TILE_WORDS, shape.vocabulary)
    size = work.number_bytes if work.gpu else 4 * TILE_COPIES_CPU
    last = 2 * work.tokens * shape.hidden * 4
    how = f"{tile[0]:,} × {tile[1]:,} × {size} bytes, and 2 × {work.tokens:,} × {shape.hidden:,} × 4"
    return Term("log-probabilities", (tile[0] * tile[1] * size + last) / GIB, how)


def _cache(work: Work, model: Model | None) -> Term:
    if model is None or not model.attention:
        return Term("sampling: cache", None, "not known")
    token = sum(layers.token_bytes(1, work.number_bytes) for layers in model.attention)
    state = model.state.sequence_bytes if model.state else 0
    gib = work.sampled_rows * (token * work.row_tokens + state) / GIB
    once = f" and {state / 2**20:,.1f} MiB" if state else ""
    return Term("sampling: cache", gib, f"{work.sampled_rows} rows of {work.row_tokens:,} × {token:,} bytes{once}")


def _sum(terms: Sequence[Term]) -> float:
    return sum(term.gib or 0.0 for term in terms)
