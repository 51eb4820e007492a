"""What happens at TRL's own moments: guards, the log of updates, and what a checkpoint needs besides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from agentgym.trainers.guards.rails import Rails
from agentgym.trainers.record import checkpoints
from agentgym.trainers.record.steps import StepLog

LOGP_MEAN = "sampling/sampling_logp_difference/mean"


class Watch(TrainerCallback):
    """Logs every update, stops at a rail, and completes checkpoints."""

    def __init__(
        self,
        *,
        rails: Rails,
        log: StepLog | None,
        state: Callable[[], dict[str, Any]],
        told: Callable[[int, dict[str, Any]], None],
    ) -> None:
        """Say what watches.

        Args:
            rails: the guards.
            log: where updates are kept; None in processes that keep none.
            state: what a checkpoint needs besides TRL's own.
            told: shows an update's numbers to people.
        """
        self._rails = rails
        self._log = log
        self._state = state
        self._told = told

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Stop before a gradient that is not finite reaches the weights."""
        grads = [p.grad for p in more["model"].parameters() if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(grads) if grads else torch.tensor(0.0)
        self._rails.watch_update(loss=0.0, grad_norm=float(norm), logp_mean=None)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Keep an update's numbers, and stop at a rail."""
        if not logs or "loss" not in logs:
            return
        numbers = {name: value for name, value in logs.items() if name != "epoch"}
        if self._log is not None:
            self._log.append(state.global_step, numbers)
        self._told(state.global_step, numbers)
        self._rails.watch_update(loss=logs["loss"], grad_norm=logs.get("grad_norm"), logp_mean=logs.get(LOGP_MEAN))

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any) -> None:
        """Complete the checkpoint that TRL has just written."""
        if state.is_world_process_zero:
            checkpoints.complete(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}", self._state())
