"""What fits into the memory of GPUs, and what is missing where it does not.

The model of memory is vLLM's: it takes a share of every GPU (`--gpu-memory-utilization`), loads its part of the
weights, runs the largest batch once to see what activations take, and gives the rest to the cache
(`determine_available_memory` in vllm/v1/worker/gpu_worker.py, vLLM 0.32). So

    cache = GPUs * (GPU * UTILISATION - OVERHEAD) - weights

- Weights are the published size, else parameters times bits; embedding and output are kept in 16 bits. Quantised
  weights that keep more than these are larger: their computed size is the least it can be.
- A sequence takes keys and values of each token in layers of attention, up to the window of those that have one and
  the tokens in flight, and the states of recurrent layers twice, as prefix caching keeps one at the last block's end
  (`max_memory_usage_bytes` in vllm/v1/kv_cache_interface.py). That is what vLLM sets aside; once a sequence is read,
  its layers with a window need less.
- `OVERHEAD_GIB`, for activations, CUDA graphs and the CUDA context, is an estimate: it grows with the model's width and
  `--max-num-batched-tokens`. Where little room is left, only vLLM's own start tells.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agentgym.models.catalogue import profiles
from agentgym.models.published import Checkpoint, Model, Precision

GIB = 2**30
UTILISATION = 0.9
"""The share of a GPU that vLLM takes; its own default is 0.92 from some version on."""
OVERHEAD_GIB = 2.5
"""Of each GPU: activations of the largest batch, CUDA graphs, the CUDA context."""
COUNTED_TOKENS = 8192
"""How long the sequences are that are counted where the caller does not say."""
CPU_CACHE_GIB = 1
"""What `agentgym serve` gives the cache on a processor, unless VLLM_CPU_KVCACHE_SPACE says otherwise."""
CPU_OVERHEAD_GIB = 2.5
"""Of a server on a processor: its three processes and activations; 2.1 GiB were seen with SmolLM2-135M."""
STATE_COPIES = 2
MOST_GPUS = 64

BITS: dict[Precision, float] = {
    "bf16": 16,
    "fp8": 8,
    "int8": 8,
    "nvfp4": 4.5,  # a scale of 8 bits for 16 numbers
    "mxfp4": 4.25,  # a scale of 8 bits for 32 numbers
    "int4": 4.16,  # a scale of 16 bits and a zero of 4 bits for 128 numbers
}


@dataclass(frozen=True)
class Gpus:
    """GPUs that hold one model between them.

    Attributes:
        count: how many.
        gib: memory of each, in GiB.
        utilisation: the share of each that vLLM takes.
    """

    count: int
    gib: float
    utilisation: float = UTILISATION

    @property
    def usable_gib(self) -> float:
        """What weights and cache may take of all of them."""
        return max(0.0, self.count * (self.gib * self.utilisation - OVERHEAD_GIB))

    @property
    def in_flight(self) -> int:
        """Tokens that vLLM works on at once: two batches of its default size for a GPU like this."""
        return 2 * (16384 if self.gib >= 160 else 8192 if self.gib >= 70 else 2048)


@dataclass(frozen=True)
class Fit:
    """Whether published weights fit, and how much conversation beside them.

    Attributes:
        model: its name.
        checkpoint: under which name the weights are published.
        precision: of the weights.
        weights_gib: their size.
        computed: whether that is computed, which for quantised weights is the least it can be.
        fits: whether the weights and one sequence of the asked length fit.
        longest: the longest sequence that fits, alone; None where the layers are not known.
        sequences: how many sequences of the counted length fit at once; None as before.
        missing_gib: what is missing; 0 where it fits.
        enough_gpus: how many GPUs of this size hold it, of 2, 4, 8, …; None where it fits, or no number does.
        needs: hardware without which the weights do not run, or not well; it is not looked at here.
        instead: precisions of the same model that do fit.
    """

    model: str
    checkpoint: str
    precision: Precision
    weights_gib: float
    computed: bool
    fits: bool
    longest: int | None
    sequences: int | None
    missing_gib: float
    enough_gpus: int | None
    needs: str | None
    instead: tuple[Precision, ...] = ()


def weights_gib(model: Model, checkpoint: Checkpoint) -> float:
    """Return the size of weights in GiB: as published, else computed."""
    if checkpoint.weights_gb is not None:
        return checkpoint.weights_gb * 1e9 / GIB
    quantised_b = model.parameters_b - model.embedding_b
    return (quantised_b * BITS[checkpoint.precision] + model.embedding_b * BITS["bf16"]) / 8 * 1e9 / GIB


def cache_gib(model: Model, checkpoint: Checkpoint, tokens: int, gpus: Gpus) -> float:
    """Return what the cache of one sequence of so many tokens takes in GiB, on all GPUs together."""
    held = [(layers, layers.held(tokens, gpus.in_flight)) for layers in model.attention]
    kept = sum(count * layers.token_bytes(gpus.count, checkpoint.cache_bytes) for layers, count in held)
    states = STATE_COPIES * model.state.sequence_bytes if model.state else 0
    return (kept + states) / GIB


def floor_gib(model: Model, checkpoint: Checkpoint) -> float:
    """Return the memory in GiB of the smallest single GPU for the weights and one sequence of `COUNTED_TOKENS`."""
    tokens = min(COUNTED_TOKENS, model.context)
    taken = weights_gib(model, checkpoint) + cache_gib(model, checkpoint, tokens, Gpus(1, 0)) + OVERHEAD_GIB
    return taken / UTILISATION


def fit(model: Model, checkpoint: Checkpoint, gpus: Gpus, *, context: int | None = None) -> Fit:
    """Tell whether weights fit with one sequence, and what else does.

    Args:
        model: the model.
        checkpoint: its weights.
        gpus: what holds them.
        context: tokens that one sequence must have room for, and that the counted ones have; `COUNTED_TOKENS`, or
            what the model can read, where it is None.
    """
    tokens = min(COUNTED_TOKENS, model.context) if context is None else context
    weights = weights_gib(model, checkpoint)
    room = gpus.usable_gib - weights
    missing = _missing(model, checkpoint, tokens, gpus)
    known = bool(model.attention)
    return Fit(
        model=model.name,
        checkpoint=checkpoint.name,
        precision=checkpoint.precision,
        weights_gib=weights,
        computed=checkpoint.weights_gb is None,
        fits=missing == 0,
        longest=_longest(model, checkpoint, gpus) if known else None,
        sequences=int(max(0.0, room) / cache_gib(model, checkpoint, tokens, gpus)) if known else None,
        missing_gib=missing,
        enough_gpus=_enough(model, checkpoint, tokens, gpus) if missing else None,
        needs=checkpoint.needs,
    )


def fits(gpus: Gpus, *, context: int | None = None, only: Model | None = None) -> Iterator[Fit]:
    """Yield what is known of every published weights, or those of one model, in the order of the families.

    Where some do not fit, the precisions of the same model that do are told. Models that do not read `context` tokens
    as they are served are left out.
    """
    for model in [only] if only else [model for profile in profiles().values() for model in profile.models]:
        if context is not None and model.too_long(context):
            continue
        found = [fit(model, checkpoint, gpus, context=context) for checkpoint in model.checkpoints]
        fitting = tuple(dict.fromkeys(one.precision for one in found if one.fits))
        yield from (one if one.fits else replace(one, instead=fitting) for one in found)


def _missing(model: Model, checkpoint: Checkpoint, tokens: int, gpus: Gpus) -> float:
    needed = weights_gib(model, checkpoint) + cache_gib(model, checkpoint, tokens, gpus)
    return max(0.0, needed - gpus.usable_gib)


def _longest(model: Model, checkpoint: Checkpoint, gpus: Gpus) -> int:
    """Return the longest sequence whose cache fits beside the weights, up to what the model can read unstretched."""
    lengths = range(1, model.context + 1)
    return bisect_left(lengths, True, key=lambda tokens: _missing(model, checkpoint, tokens, gpus) > 0)


def _enough(model: Model, checkpoint: Checkpoint, tokens: int, gpus: Gpus) -> int | None:
    """Return the smallest power of two of such GPUs that hold it; attention heads are split evenly."""
    counts = (2**power for power in range(1, MOST_GPUS.bit_length()) if 2**power > gpus.count)
    return next((n for n in counts if _missing(model, checkpoint, tokens, replace(gpus, count=n)) == 0), None)
