"""A LoRA adapter as PEFT saves it: a folder with `adapter_config.json` and `adapter_model.safetensors`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue, ValidationError

from agentgym.errors import UsageError
from agentgym.formats import read_safetensors

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
NOT_SAVED = "; PEFT's save_pretrained writes it"
# Faults of single modules that are told.
_SHOWN = 3
# Each changes what the adapter computes, or what it computes it on; PEFT leaves them empty for a plain adapter.
_PLAIN_WITHOUT = (
    "alora_invocation_tokens",
    "arrow_config",
    "corda_config",
    "fan_in_fan_out",
    "kasa_config",
    "layer_replication",
    "loftq_config",
    "lora_bias",
    "lora_ga_config",
    "modules_to_save",
    "monteclora_config",
    "target_parameters",
    "trainable_token_indices",
    "use_bdlora",
    "use_dora",
    "use_qalora",
)
# The other ways to begin (PiSSA, OLoRA …) move a part of the base into the adapter and train on what is left of it.
_BEGINNINGS_THAT_KEEP_THE_BASE = (True, False, None, "gaussian", "eva", "orthogonal")
_TENSOR = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<half>[AB])\.weight")
_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True)
class LoraPair:
    """What an adapter adds to one module: its output grows by `scale * B @ A @ input`.

    Attributes:
        a: the half that reads the module's input, shape (rank, inputs).
        b: the half that writes the module's output, shape (outputs, rank).
        scale: the weight of the sum.
    """

    a: NDArray[np.float32]
    b: NDArray[np.float32]
    scale: float


@dataclass(frozen=True)
class Adapter:
    """A plain LoRA adapter.

    Attributes:
        base: the model that it says it was trained on; empty where it does not say.
        pairs: what it adds, by the module's name in the model, as `model.layers.0.self_attn.q_proj`.
    """

    base: str
    pairs: Mapping[str, LoraPair]


class _Config(BaseModel):
    # PEFT adds fields with every release; those that make an adapter more than plain LoRA are looked at by name.
    model_config = ConfigDict(extra="allow", frozen=True)

    peft_type: str
    r: int = Field(ge=1)
    lora_alpha: FiniteFloat
    use_rslora: bool = False
    bias: str = "none"
    rank_pattern: dict[str, int] = Field(default_factory=dict)
    alpha_pattern: dict[str, FiniteFloat] = Field(default_factory=dict)
    base_model_name_or_path: str | None = None
    init_lora_weights: JsonValue = True

    def rank(self, module: str) -> int:
        return _by_pattern(self.rank_pattern, module, self.r)

    def scale(self, module: str) -> float:
        """Return the weight of a module's pair, alpha over the rank, or over its root (Kalajdzievski 2023, rsLoRA)."""
        rank, alpha = self.rank(module), _by_pattern(self.alpha_pattern, module, self.lora_alpha)
        return alpha / (math.sqrt(rank) if self.use_rslora else rank)

    def faults(self) -> list[str]:
        if self.peft_type != "LORA":
            return [f"{CONFIG}: it is a {self.peft_type} adapter, and only LORA can be taken"]
        extra = self.model_extra or {}
        faults = [f"{CONFIG}: {name} = {extra[name]!r} is not plain LoRA" for name in _PLAIN_WITHOUT if extra.get(name)]
        if self.bias != "none":
            faults.append(f"{CONFIG}: bias = {self.bias!r} is not plain LoRA")
        if self.init_lora_weights not in _BEGINNINGS_THAT_KEEP_THE_BASE:
            faults.append(
                f"{CONFIG}: init_lora_weights = {self.init_lora_weights!r} trained on a changed base; convert the "
                "adapter to plain LoRA with PEFT's path_initial_model_for_weight_conversion first"
            )
        return faults


def read_adapter(folder: Path) -> Adapter:
    """Return the adapter in a folder.

    Raises:
        UsageError: a file is missing or damaged, or it is no plain LoRA; lists every fault.
    """
    missing = [name for name in (CONFIG, WEIGHTS) if not (folder / name).is_file()]
    if missing:
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}; an adapter is a folder that PEFT's save_pretrained writes")
        inner = "" if not (folder / "adapter" / CONFIG).is_file() else f": did you mean {folder / 'adapter'}?"
        raise UsageError(*(f"{folder} holds no {name}{inner or NOT_SAVED}" for name in missing))
    config, faults = _read_config(folder / CONFIG)
    try:
        tensors = read_safetensors(folder / WEIGHTS)
    except (ValueError, OSError) as error:
        tensors, faults = {}, [*faults, f"{WEIGHTS}: {error}"]
    if config is None or not tensors:
        raise UsageError(*(f"{folder}: {fault}" for fault in faults or [f"{WEIGHTS} holds nothing"]))
    pairs, unpaired = _pairs(config, tensors)
    if faults or unpaired:
        raise UsageError(*(f"{folder}: {fault}" for fault in [*faults, *_some(unpaired)]))
    return Adapter(config.base_model_name_or_path or "", pairs)


def _read_config(path: Path) -> tuple[_Config | None, list[str]]:
    try:
        config = _Config.model_validate_json(path.read_bytes())
    except ValidationError as error:
        where = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors(include_url=False)]
        return None, [f"{CONFIG}: {field}: {said}" if field else f"{CONFIG}: {said}" for field, said in where]
    return config, config.faults()


def _pairs(config: _Config, tensors: Mapping[str, NDArray[np.float32]]) -> tuple[dict[str, LoraPair], list[str]]:
    """Return the pairs by module, and the faults of what does not pair."""
    halves: dict[str, dict[str, NDArray[np.float32]]] = {}
    faults: list[str] = []
    for name, tensor in tensors.items():
        if found := _TENSOR.fullmatch(name):
            halves.setdefault(found["module"], {})[found["half"]] = tensor
        else:
            faults.append(f"{WEIGHTS}: {name} is no part of a plain LoRA adapter")
    pairs = {}
    for module, half in halves.items():
        if fault := _unfit(half, config.rank(module)):
            faults.append(f"{WEIGHTS}: {module}: {fault}")
        else:
            pairs[module] = LoraPair(half["A"], half["B"], config.scale(module))
    return pairs, faults


def _some(faults: Sequence[str]) -> list[str]:
    """Return the first faults, and how many more modules have the like of them."""
    more = len(faults) - _SHOWN
    return [*faults[:_SHOWN], *([f"{WEIGHTS}: {more} more tensors alike"] if more > 0 else [])]


def _unfit(half: Mapping[str, NDArray[np.float32]], rank: int) -> str | None:
    """Return why two halves are no pair of this rank, if so."""
    if set(half) != {"A", "B"}:
        return f"lora_{({'A', 'B'} - set(half)).pop()} is missing"
    a, b = half["A"], half["B"]
    if a.ndim != 2 or b.ndim != 2:
        return f"lora_A has the shape {a.shape} and lora_B {b.shape}; both should be matrices"
    if not a.shape[0] == b.shape[1] == rank:
        return f"lora_A has rank {a.shape[0]} and lora_B {b.shape[1]}, and {CONFIG} says {rank}"
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return "some of its numbers are infinite or not a number"
    return None


def _by_pattern(patterns: Mapping[str, _Number], module: str, default: _Number) -> _Number:
    """Return a module's own value, found as PEFT finds it: the first pattern that the end of its name matches."""
    found = (value for pattern, value in patterns.items() if re.match(rf"(.*\.)?({pattern})$", module))
    return next(found, default)
