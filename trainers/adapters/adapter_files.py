"""A trained adapter as a folder, under the names that the published weights give the modules.

Models that also see are trained as their text model alone, which calls a layer `model.layers.0` where the published
weights say `model.language_model.layers.0`. A server of the published weights ignores an adapter for the former.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

from agentgym.policies.peft_adapter import WEIGHTS

_PEFT = "base_model.model."


class TextNames(NamedTuple):
    """What the modules of a text model are called before the part that is the same everywhere, as `layers.0`.

    Attributes:
        trained: in the text model by itself, the one that is trained.
        published: in the architecture that the weights are published for.
    """

    trained: str
    published: str

    def to_published(self, module: str) -> str:
        """Return a trained module's published name."""
        return _moved(module, self.trained, self.published)

    def to_trained(self, module: str) -> str:
        """Return the name of the module that is trained, from either name."""
        return _moved(module, self.published, self.trained)


@cache
def text_names(folder: Path) -> TextNames:
    """Return how the modules of a model are named; no weights are read.

    Args:
        folder: the model's.
    """
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with torch.device("meta"):
        published = architecture(config)(config)
    return TextNames(_prefix(text_model(config)), _prefix(published))


def text_model(config: Any) -> Any:
    """Return the model that is trained, without weights: its tensors are on the device `meta`."""
    trained: Any = AutoModelForCausalLM
    with torch.device("meta"):
        return trained.from_config(config)


def architecture(config: Any) -> Any:
    """Return the class that a model's weights are published for."""
    name = (config.architectures or [""])[0]
    return getattr(transformers, name, None) or transformers.MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]


def save_adapter(model: Any, folder: Path, *, state_dict: Any = None) -> None:
    """Save the adapter of a PEFT model, its modules named as the published weights name them.

    `with_adapter` and `merge` read it, and so do PEFT on the published architecture and a server of it.

    Args:
        model: a `peft.PeftModel` on a model that was loaded from a folder.
        folder: where to; made if it is missing.
        state_dict: the model's weights, where they had to be gathered from several processes.
    """
    # Asked to find out by itself whether the vocabulary grew, PEFT asks the model hub.
    model.save_pretrained(str(folder), save_embedding_layers=False, state_dict=state_dict)
    (folder / "README.md").unlink(missing_ok=True)  # a form of the model hub's, with nothing filled in
    names = text_names(Path(model.get_base_model().name_or_path))
    if names.trained == names.published:
        return
    tensors = {
        _PEFT + names.to_published(name.removeprefix(_PEFT)): one for name, one in load_file(folder / WEIGHTS).items()
    }
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def _prefix(model: Any) -> str:
    decoder = model.get_decoder()
    found: Iterator[str] = (name for name, module in model.named_modules() if module is decoder)
    return next(found) + "."


def _moved(name: str, before: str, after: str) -> str:
    return after + name.removeprefix(before) if name.startswith(before) else name
