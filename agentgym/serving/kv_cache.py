"""The data type of a server's KV cache: what may be asked for, and with what it does not go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from agentgym.models import Checkpoint, ModelProfile
from agentgym.models.serving import value_of
from agentgym.serving.installation import Installation

KvCache = Literal["auto", "bf16", "fp8", "fp8_e4m3", "fp8_e5m2"]
KV_CACHES: tuple[KvCache, ...] = get_args(KvCache)

_OPTION = "--kv-cache-dtype"
_NAMES = {"bf16": "bfloat16"}
# `CPUAttentionBackend.supported_kv_cache_dtypes` in vllm/v1/attention/backends/cpu_attn.py, vLLM 0.32.
_ON_CPU = ("auto", "fp8", "fp8_e4m3", "fp8_e5m2")


def kv_cache_arguments(asked: KvCache) -> tuple[str, ...]:
    """Return vLLM's arguments; `auto` leaves it to the weights."""
    return () if asked == "auto" else (_OPTION, _NAMES.get(asked, asked))


def kv_cache_faults(
    asked: KvCache,
    extra: Sequence[str],
    profile: ModelProfile,
    checkpoint: Checkpoint | None,
    *,
    gpus: int,
    vllm: Installation,
) -> Iterator[str]:
    """Yield what does not go with a KV cache: the build of vLLM, and what is known of the model.

    Args:
        asked: the data type that was asked for.
        extra: further arguments of vLLM, which win.
        profile: of the model.
        checkpoint: the weights that are served, where they are known.
        gpus: over how many the model is split.
        vllm: what serves it.
    """
    if vllm.cpu and asked not in _ON_CPU:
        yield f"--kv-cache {asked}: the CPU build of vLLM keeps its cache as {', '.join(_ON_CPU)}"
    if checkpoint is None:
        return
    given = value_of(_OPTION, [part for text in extra for part in text.split("=", 1)])
    kept = given or (checkpoint.kv_cache if asked == "auto" else _NAMES.get(asked, asked))
    for bug in profile.bugs:
        if bug.stops is not None and bug.stops.is_met(
            kv_cache=kept, precision=checkpoint.precision, gpus=gpus, version=vllm.version
        ):
            yield f"--kv-cache {kept}: {bug.what} {bug.remedy} ({bug.engine}; {bug.source})"
