"""Tiny models of the true architectures, under the names of published ones."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import parity_models
import parity_tokenizer

from agentgym.models import profile_for

# What a published model of the architecture is called, and the template that it comes with.
NAMES = {
    "llama": ("Llama-3.1-8B-Instruct", "llama3_1"),
    "smollm2": ("SmolLM2-360M-Instruct", "smollm2"),
    "qwen3-moe": ("Qwen3-30B-A3B", "qwen3"),
    "qwen3.5": ("Qwen3.5-4B", "qwen3_5_think"),
    "qwen3.5-moe": ("Qwen3.5-35B-A3B", "qwen3_5_think"),
    "qwen3.5-seeing": ("Qwen3.5-9B", "qwen3_5_think"),
    "nemotron-h": ("NVIDIA-Nemotron-3-Nano-4B", "nemotron_3_nano"),
    "nemotron-h-moe": ("NVIDIA-Nemotron-3-Nano-30B-A3B", "nemotron_3_nano"),
    "nemotron-h-latent": ("NVIDIA-Nemotron-3-Super-120B-A12B", "nemotron_3_super"),
}


def save_tiny(folder: Path, architecture: str, template: str) -> None:

    model = tiny(architecture)
    words = copy.deepcopy(parity_tokenizer.tokenizer(parity_tokenizer.template(template)))
    words.eos_token, words.pad_token = profile_for(folder.name).template.stop[0], "<|endoftext|>"
    ids = {"eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id, "bos_token_id": words.bos_token_id}
    model.generation_config.update(**ids)
    for name, token in ids.items():
        setattr(model.config.get_text_config(), name, token)
    model.save_pretrained(folder)
    words.save_pretrained(folder)


def tiny(architecture: str) -> Any:
    """A model with random weights, in float32."""
    own = {
        "qwen3.5-seeing": seeing,
        "nemotron-h-latent": latent,
        "qwen3-next": qwen3_next,
        "listed-experts": listed_experts,
    }
    if architecture in own:
        return own[architecture]()
    return parity_models.tiny_model("llama" if architecture == "smollm2" else architecture)


def seeing() -> Any:
    """Qwen 3.5 as it is published: the text model within one that also sees."""
    import torch
    import transformers

    text = parity_models.tiny_model("qwen3.5")
    sight = {"depth": 1, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 64}
    config = transformers.Qwen3_5Config(text_config=text.config.to_dict(), vision_config=sight)
    torch.manual_seed(0)
    model = transformers.Qwen3_5ForConditionalGeneration(config).eval().float()
    model.model.language_model.load_state_dict(text.model.state_dict())
    model.lm_head.load_state_dict(text.lm_head.state_dict())
    return model


def latent() -> Any:
    """Nemotron 3 Super's kind of experts, which work in a space of their own."""
    import torch
    import transformers

    config = parity_models.tiny_model("nemotron-h-moe").config
    config.moe_latent_size = 32
    torch.manual_seed(0)
    return transformers.NemotronHForCausalLM(config).eval().float()


def qwen3_next() -> Any:
    """An architecture whose `gate_proj` PEFT takes for every routed expert's."""
    import transformers

    sizes = {"vocab_size": 64, "hidden_size": 16, "num_hidden_layers": 1, "layer_types": ["full_attention"]}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8}
    experts = {"num_experts": 4, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16}
    return transformers.Qwen3NextForCausalLM(transformers.Qwen3NextConfig(**sizes, **heads, **experts))


def listed_experts() -> Any:
    """Routed experts that are modules of their own, beside a shared one."""
    import torch
    import transformers

    config = transformers.LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    model = transformers.LlamaForCausalLM(config)
    layer = torch.nn.Module()
    layer.experts = torch.nn.ModuleList(_expert("gate_proj", "up_proj") for _ in range(2))
    layer.shared_expert = _expert("up_proj")
    model.model.layers[0].mlp = layer
    return model


def _expert(*names: str) -> Any:
    import torch

    return torch.nn.ModuleDict({name: torch.nn.Linear(16, 16) for name in names})
