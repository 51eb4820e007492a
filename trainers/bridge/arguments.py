"""Arguments of TRL that follow from settings, the same for every trainer, and where metrics go."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback
from transformers.integrations.integration_utils import TensorBoardCallback
from transformers.utils import logging

from agentgym.trainers.settings import GrpoSettings, SftSettings

CHECKPOINTS, TENSORBOARD = "checkpoints", "tensorboard"


def common(settings: GrpoSettings | SftSettings, folder: Path) -> dict[str, Any]:
    """Return the arguments that both of TRL's configurations take; metrics go where `reporters` says."""
    half = settings.model.dtype == "bfloat16"
    return {
        "output_dir": str(folder / CHECKPOINTS),
        "seed": settings.seed,
        "data_seed": settings.seed,
        "bf16": half,
        "use_cpu": settings.model.device == "cpu" or not torch.cuda.is_available(),
        "activation_checkpointing": settings.model.gradient_checkpointing,
        "save_strategy": "steps",
        "save_steps": settings.save_every,
        "save_total_limit": 2,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_first_step": True,
        # A loss that is not finite is to be seen.
        "logging_nan_inf_filter": False,
        "report_to": [name for name in settings.report_to if name != TENSORBOARD],
        "disable_tqdm": True,
        # Wherever a mean over rows is taken, sampled tokens of all processes count alike.
        "average_tokens_across_devices": True,
    }


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep to themselves what transformers and TRL say of one another, and bars of seconds."""
    had_bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)
            yield
    finally:
        if had_bars:
            logging.enable_progress_bar()


@contextmanager
def reporters(report_to: Sequence[str], folder: Path, *, step: int, main: bool) -> Iterator[list[TrainerCallback]]:
    """Yield callbacks that write metrics below the run folder.

    Args:
        report_to: of the settings; what is not written below the folder is TRL's own to find.
        folder: the run folder.
        step: the update that the run goes on from; what was written of later ones no longer counts.
        main: whether this process is the one that writes.
    """
    if TENSORBOARD not in report_to or not main:
        yield []
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(folder / TENSORBOARD, purge_step=step + 1 if step else None) as writer:
        yield [TensorBoardCallback(writer)]
