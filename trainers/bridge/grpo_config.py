"""TRL's own arguments of a GRPO run: ours, and what `[trl]` adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trl import GRPOConfig

from agentgym.errors import UsageError, unknown
from agentgym.trainers.bridge.arguments import common
from agentgym.trainers.bridge.trl_arguments import MOST_ROWS, rows_at_once, update_faults
from agentgym.trainers.settings import GrpoSettings

DEFAULTS: dict[str, Any] = {
    "learning_rate": 2e-5,
    "lr_scheduler_type": "constant",
    "loss_type": "dapo",
    "beta": 0.0,
    "vllm_importance_sampling_mode": "token_truncate",
    "vllm_importance_sampling_clip_max": 2.0,
}
# What TRL would only refuse at the first update.
CHOICES: Mapping[str, Sequence[str]] = {
    "loss_type": ("grpo", "dapo", "dr_grpo", "bnpo", "cispo", "sapo", "luspo", "vespo"),
    "importance_sampling_level": ("token", "sequence"),
    "vllm_importance_sampling_mode": ("token_truncate", "token_mask", "sequence_truncate", "sequence_mask"),
    "scale_rewards": ("group", "batch", "none"),
    "multi_objective_aggregation": ("sum_then_normalize", "normalize_then_sum"),
}
# CISPO's weights are cut at epsilon_high itself, not at 1 + epsilon_high (https://arxiv.org/abs/2506.13585).
CISPO_DEFAULT = 5.0


def grpo_config(settings: GrpoSettings, folder: Path, *, processes: int) -> GRPOConfig:
    """Return TRL's arguments.

    Args:
        settings: what to do.
        folder: the run folder.
        processes: how many share an update.

    Raises:
        UsageError: the groups cannot be shared out evenly, or TRL refuses an argument.
    """
    if wrong := [*update_faults(settings, processes=processes), *_wrong(settings.trl)]:
        raise UsageError(*wrong)
    rows = settings.groups.per_step * settings.groups.size // processes
    micro = rows_at_once(settings.trl, rows, most=MOST_ROWS)
    cispo = {"epsilon_high": CISPO_DEFAULT} if settings.trl.get("loss_type") == "cispo" else {}
    asked = {**DEFAULTS, **cispo, "max_completion_length": settings.policy.max_tokens, **settings.trl}
    try:
        return GRPOConfig(
            **{
                **_owned(settings, folder),
                **asked,
                "per_device_train_batch_size": micro,
                "gradient_accumulation_steps": rows // micro,
            }
        )
    except (TypeError, ValueError, NotImplementedError) as error:
        raise UsageError(f"[trl] {error}") from error


def _wrong(trl: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with TRL's arguments that it would find out late, or never."""
    for name, choices in CHOICES.items():
        if isinstance(chosen := trl.get(name), str) and chosen not in choices:
            yield f"trl.{name}: {unknown('way', chosen, choices)}"
    loss, mode = trl.get("loss_type"), trl.get("vllm_importance_sampling_mode", "token_truncate")
    if loss == "vespo" and not str(mode).startswith("token_"):
        yield "trl.vllm_importance_sampling_mode: vespo takes token_truncate or token_mask"
    if loss == "cispo" and trl.get("epsilon_high", CISPO_DEFAULT) < 1:
        yield (
            f"trl.epsilon_high: cispo cuts importance weights at this itself, so that {trl['epsilon_high']} makes all "
            f"of them the same; take {CISPO_DEFAULT:g}"
        )


def _owned(settings: GrpoSettings, folder: Path) -> dict[str, Any]:
    """Return the arguments that follow from settings of ours."""
    return {
        **common(settings, folder),
        "max_steps": settings.steps,
        "num_generations": settings.groups.size,
        "temperature": settings.policy.temperature,
        "remove_unused_columns": False,
    }
