"""Checkpoints: TRL's own, with what else a run needs to go on as if nothing had happened."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from agentgym.errors import StoreError
from agentgym.rollout.store import write_atomically

STATE = "agentgym.json"
_NAME = re.compile(r"checkpoint-(\d+)")


def complete(checkpoint: Path, state: dict[str, Any]) -> None:
    """Add our state to a checkpoint that TRL has written; only then does it count as whole."""
    write_atomically(checkpoint / STATE, json.dumps(state) + "\n")


def latest(folder: Path) -> Path | None:
    """Return the newest whole checkpoint below a folder, or None; halves that a crash left are removed."""
    found = sorted((int(name[1]), path) for path in folder.glob("*") if (name := _NAME.fullmatch(path.name)))
    whole = [path for _, path in found if (path / STATE).exists()]
    for _, path in found:
        if path not in whole:
            # Other processes of the run may be at it too.
            shutil.rmtree(path, ignore_errors=True)
    return whole[-1] if whole else None


def state_of(checkpoint: Path) -> dict[str, Any]:
    """Return what `complete` wrote.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        state: dict[str, Any] = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{checkpoint / STATE} cannot be read ({error}): remove {checkpoint} to go on from the one before"
        ) from error
    return state


def step_of(checkpoint: Path | None) -> int:
    """Return the optimizer step after which a checkpoint was written; 0 for none."""
    name = _NAME.fullmatch(checkpoint.name) if checkpoint is not None else None
    return int(name[1]) if name else 0
