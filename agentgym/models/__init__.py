"""What is known about families of open models: how to serve, prompt and adapt each, as data.

One TOML file a family, next to this module. `profile_for` finds the one that a served model belongs to; a model of no
known family is treated as any OpenAI-compatible server would.
"""

from __future__ import annotations

from agentgym.models.asking import Prompting, Sampling, Template, Thinking
from agentgym.models.catalogue import (
    GENERIC,
    find_model,
    load_profile,
    model_for,
    not_known,
    profile_for,
    profiles,
    read_profile,
)
from agentgym.models.memory import Attention, State
from agentgym.models.profile import Lora, ModelProfile
from agentgym.models.published import Bug, Checkpoint, Combination, Licence, Model, Precision
from agentgym.models.serving import OlderServing, Serving, is_version
from agentgym.models.shape import Experts, Linear, Shape

__all__ = [
    "GENERIC",
    "Attention",
    "Bug",
    "Checkpoint",
    "Combination",
    "Experts",
    "Licence",
    "Linear",
    "Lora",
    "Model",
    "ModelProfile",
    "OlderServing",
    "Precision",
    "Prompting",
    "Sampling",
    "Serving",
    "Shape",
    "State",
    "Template",
    "Thinking",
    "find_model",
    "is_version",
    "load_profile",
    "model_for",
    "not_known",
    "profile_for",
    "profiles",
    "read_profile",
]
