"""The model that is trained, with its tokenizer, as transformers and PEFT have it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from agentgym.errors import UsageError
from agentgym.models import ModelProfile, load_profile, profile_for
from agentgym.trainers.adapters.adapter_files import text_model
from agentgym.trainers.adapters.lora import Adapted, adapted, with_adapter
from agentgym.trainers.adapters.template import append_only
from agentgym.trainers.adapters.weights import folder_of, free_bytes
from agentgym.trainers.settings import LoraSettings, ModelSettings

GIB = 2**30
_DAMAGED = (OSError, ValueError, KeyError, RuntimeError, SafetensorError)


@dataclass(frozen=True)
class Loaded:
    """A model to train.

    Attributes:
        model: a `peft.PeftModel`.
        tokenizer: its tokenizer, with the chat template that is sampled with.
        profile: its family, narrowed to the model.
        adapted: what its adapter was put on.
        folder: where its base weights are.
        context: most tokens of prompt and completion together.
    """

    model: Any
    tokenizer: Any
    profile: ModelProfile
    adapted: Adapted
    folder: str
    context: int


def load(settings: ModelSettings, lora: LoraSettings, *, seed: int = 0) -> Loaded:
    """Load a model and put an adapter on it; nothing is downloaded, and no code that comes with weights is run.

    Args:
        settings: which model, and where to.
        lora: the adapter, unless the settings name a saved one.
        seed: of a new adapter's first weights; torch is seeded with it.

    Raises:
        UsageError: there are no weights, or they do not fit the memory, or the adapter does not fit the model; says
            what to do.
    """
    folder, profile, device = folder_of(settings), profile_of(settings), _device(settings)
    config, tokenizer = _config(folder), _tokenizer(folder, profile)
    _fits(config, settings, device)
    base = _base(folder, config, settings, device)
    model = with_adapter(base, profile, lora, adapter=settings.adapter, seed=seed)
    context = config.get_text_config().max_position_embeddings
    return Loaded(model, tokenizer, profile, adapted(model), str(folder), context)


def profile_of(settings: ModelSettings) -> ModelProfile:
    """Return the profile of a model, narrowed to it where its name, or its folder's, is known.

    Raises:
        UsageError: the settings name a family, and there is none of this name.
    """
    known = profile_for(Path(settings.name).name)
    if settings.family is None or known.name == settings.family:
        return known
    return load_profile(settings.family)


def _device(settings: ModelSettings) -> torch.device:
    """Return where the weights are loaded to: under FSDP memory, from which Accelerate hands out the shards."""
    there = torch.cuda.is_available()
    if settings.device == "cuda" and not there:
        raise UsageError("model.device: there is no CUDA device here; set it to auto or cpu")
    sharded = os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("1", "true")
    if settings.device == "cpu" or sharded or not there:
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def _config(folder: Path) -> Any:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except _DAMAGED as error:
        raise UsageError(f"{folder}: this is no model that transformers knows: {error}") from error
    if getattr(config, "quantization_config", None):
        raise UsageError(
            f"{folder}: these weights are quantised, and an adapter trained on them is not what it is on the others; "
            "take the ones in 16 bits (`agentgym models show` names them)"
        )
    return config


def _tokenizer(folder: Path, profile: ModelProfile) -> Any:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except _DAMAGED as error:
        raise UsageError(f"{folder}: its tokenizer cannot be read: {error}") from error
    if tokenizer.chat_template is None:
        raise UsageError(
            f"{folder}: its tokenizer has no chat template, so it is no model to talk with; take its instruct variant, "
            "or put the template beside it as chat_template.jinja"
        )
    tokenizer.chat_template = append_only(tokenizer.chat_template, profile.template)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _fits(config: Any, settings: ModelSettings, device: torch.device) -> None:
    """Fail if there is no room for the weights, before any is read.

    Raises:
        UsageError: there is not; shows the arithmetic.
    """
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else free_bytes()
    count = sum(weight.numel() for weight in text_model(config).parameters())
    number = getattr(torch, settings.dtype).itemsize
    if free is None or count * number <= free:
        return
    needed = f"{count:,} numbers of {number} bytes are {count * number / GIB:.1f} GiB"
    raise UsageError(
        f"the weights of {settings.name} do not fit: {needed}, and {free / GIB:.1f} GiB are free on {device}. "
        + _remedy(settings, device)
    )


def _remedy(settings: ModelSettings, device: torch.device) -> str:
    half = "Set model.dtype to bfloat16, which halves that; or end" if settings.dtype == "float32" else "End"
    gpus = ", or shard it over several GPUs (accelerate launch --use_fsdp)" if device.type == "cuda" else ""
    return f"{half} what else uses the memory, or take a smaller model{gpus}. `--plan` shows what training takes."


def _base(folder: Path, config: Any, settings: ModelSettings, device: torch.device) -> Any:
    causal: Any = AutoModelForCausalLM
    try:
        model, said = causal.from_pretrained(
            folder,
            config=config,
            dtype=getattr(torch, settings.dtype),
            local_files_only=True,
            output_loading_info=True,
        )
        model = model.to(device)
    except torch.OutOfMemoryError as error:
        raise UsageError(f"the weights of {settings.name} do not fit: {error}. {_remedy(settings, device)}") from error
    except _DAMAGED as error:
        raise UsageError(f"{folder}: its weights cannot be loaded: {error}. Get them anew.") from error
    if missing := sorted(said["missing_keys"]):
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise UsageError(f"{folder}: these weights are missing: {', '.join(missing[:3])}{more}. Get them anew.")
    model.config.use_cache = False
    return model
