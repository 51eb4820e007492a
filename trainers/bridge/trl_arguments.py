"""The table `trl`: which arguments of TRL's configurations a run may set, and where the others are set instead."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from agentgym.errors import did_you_mean
from agentgym.trainers.settings import GrpoSettings

Kind = Literal["grpo", "sft"]
# Rows of one forward and backward pass of GRPO, unless it is set.
MOST_ROWS = 8

# By the name of an argument, or the beginning of several: what is set in its stead.
_OWNED: dict[str, str] = {
    "output_dir": "it is the run folder: --out",
    "seed": "set seed",
    "data_seed": "set seed",
    "full_determinism": "leave it out",
    "report_to": "set report_to",
    "logging_": "every update is logged: leave it out",
    "log_level": "leave it out",
    "save_only_model": "without the optimizer nothing could go on: leave it out",
    "remove_unused_columns": "leave it out",
    "save_strategy": "set save_every",
    "save_steps": "set save_every",
    "bf16": "set model.dtype",
    "fp16": "set model.dtype",
    "gradient_checkpointing": "set model.gradient_checkpointing",
    "resume_from_checkpoint": "give --resume",
    "model_init_kwargs": "set the keys of model",
    "use_cpu": "set model.device",
    "do_train": "leave it out",
    "do_eval": "leave it out",
    "do_predict": "leave it out",
    "push_to_hub": "nothing is uploaded: leave it out",
    "hub_": "nothing is uploaded: leave it out",
}
_OWNED_BY: Mapping[Kind, Mapping[str, str]] = {
    "grpo": _OWNED
    | {
        "num_generations": "set groups.size",
        "max_steps": "set steps",
        "num_train_epochs": "set steps",
        "gradient_accumulation_steps": "it follows from per_device_train_batch_size",
        "generation_batch_size": "it follows from groups.size and groups.per_step",
        "steps_per_generation": "it follows from groups.per_step",
        "temperature": "set policy.temperature",
        "top_p": "set nothing: trained on is what the model says by itself",
        "top_k": "set nothing: trained on is what the model says by itself",
        "min_p": "set nothing: trained on is what the model says by itself",
        "repetition_penalty": "set nothing: trained on is what the model says by itself",
        "generation_kwargs": "set the keys of policy",
        "chat_template_kwargs": "set policy.thinking",
        "use_vllm": "set policy.spec",
        "vllm_": "set the keys of policy",
        "vllm_importance_sampling_correction": "leave it out: sampler and trainer are always compared",
        "ddp_timeout": "leave it out: processes wait for a day",
        "use_transformers_": "set policy.spec",
        "max_tool_calling_iterations": "set limits.max_turns",
        "eval_": "set the keys of eval",
        "num_generations_eval": "set eval.samples",
    },
    "sft": _OWNED
    | {
        "max_steps": "set epochs",
        "num_train_epochs": "set epochs",
        "gradient_accumulation_steps": "it follows from batch_size and per_device_train_batch_size",
        "max_length": "set demonstrations.max_tokens",
        "completion_only_loss": "loss is on sampled tokens only: leave it out",
        "assistant_only_loss": "loss is on sampled tokens only: leave it out",
        "packing": "rows are not packed: leave it out",
        "padding_free": "rows are not packed: leave it out",
        "dataset_": "set the keys of demonstrations",
    },
}
# Numbers that are counted with before TRL sees them.
_LEAST: Mapping[str, int] = {"num_iterations": 1, "per_device_train_batch_size": 1, "save_total_limit": 2}
_ALLOWED = ("vllm_importance_sampling_",)
_CONFIGS: Mapping[Kind, tuple[str, str]] = {"grpo": ("grpo_config", "GRPOConfig"), "sft": ("sft_config", "SFTConfig")}


def trl_faults(kind: Kind, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the table `trl`; unknown names only where TRL is installed."""
    arguments = values.get("trl", {})
    if not isinstance(arguments, dict):
        return
    known = _known(kind)
    for name in arguments:
        if instead := _instead(kind, name):
            yield f"trl.{name}: the trainer sees to it; {instead}"
        elif fault := _value_fault(name, arguments[name]):
            yield f"trl.{name}: {fault}"
        elif known and name not in known:
            near = did_you_mean(name, [one for one in sorted(known) if not _instead(kind, one)])
            yield f"trl.{name}: TRL's {_CONFIGS[kind][1]} has no such argument{near}"


def _value_fault(name: str, value: Any) -> str | None:
    least = _LEAST.get(name)
    if least is None or (isinstance(value, int) and not isinstance(value, bool) and value >= least):
        return None
    why = ", as a checkpoint is whole only a moment after the next has begun" if name == "save_total_limit" else ""
    return f"it is a whole number from {least} on, not {value!r}{why}"


def rows_at_once(values: Mapping[str, Any], rows: int, *, most: int) -> int:
    """Return how many rows a process computes at once: what `trl` asks for, else the most that divides them evenly.

    Args:
        values: the table `trl`.
        rows: that a process has of each update.
        most: that are computed at once unasked.
    """
    asked = values.get("per_device_train_batch_size")
    return asked if isinstance(asked, int) else max(n for n in range(1, min(rows, most) + 1) if rows % n == 0)


def update_faults(settings: GrpoSettings, *, processes: int) -> Iterator[str]:
    """Yield why an update cannot be shared out: over processes, into passes, or into batches that serve several."""
    groups, batches = settings.groups, int(settings.trl.get("num_iterations", 1))
    if groups.per_step % processes:
        yield (
            f"groups.per_step={groups.per_step} cannot be shared by {processes} processes, for a group stays whole: "
            f"set it to a multiple of {processes}"
        )
        return
    rows = groups.per_step * groups.size // processes
    micro = rows_at_once(settings.trl, rows, most=MOST_ROWS)
    if rows % micro:
        yield (
            f"trl.per_device_train_batch_size={micro} does not divide the {rows} rows that each process has "
            f"(groups.per_step x groups.size / processes): take one of {_divisors(rows)}"
        )
    if settings.steps % batches:
        yield (
            f"steps={settings.steps} would end in the midst of a batch, which serves trl.num_iterations={batches} "
            f"updates: take a multiple of {batches}"
        )
    if settings.save_every % batches:
        yield (
            f"save_every={settings.save_every} would save in the midst of a batch, which serves trl.num_iterations="
            f"{batches} updates: take a multiple of {batches}"
        )


def _divisors(number: int) -> list[int]:
    return [n for n in range(1, number + 1) if number % n == 0]


def _instead(kind: Kind, name: str) -> str | None:
    owned = _OWNED_BY[kind]
    if name in owned:
        return owned[name]
    if name.startswith(_ALLOWED):
        return None
    return next((instead for start, instead in owned.items() if start[-1] == "_" and name.startswith(start)), None)


@cache
def _known(kind: Kind) -> frozenset[str]:
    """Return the fields of TRL's configuration, read from source, as importing it takes seconds; none without TRL."""
    trl, transformers = _package("trl"), _package("transformers")
    if trl is None or transformers is None:
        return frozenset()
    module, name = _CONFIGS[kind]
    files = (
        trl / "trainer" / f"{module}.py",
        trl / "trainer" / "base_config.py",
        transformers / "training_args.py",
    )
    classes: dict[str, ast.ClassDef] = {}
    for file in files:
        if not file.is_file():
            return frozenset()
        parsed = ast.parse(file.read_text(encoding="utf-8")).body
        classes |= {node.name: node for node in parsed if isinstance(node, ast.ClassDef)}
    return frozenset(_fields(name, classes))


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _fields(name: str, classes: Mapping[str, ast.ClassDef]) -> Iterator[str]:
    if name not in classes:
        return
    for base in classes[name].bases:
        if isinstance(base, ast.Name):
            yield from _fields(base.id, classes)
    for node in classes[name].body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
