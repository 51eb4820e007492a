"""`steps.jsonl`: what was logged of each update, one JSON object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agentgym.rollout.store import write_atomically

STEPS = "steps.jsonl"


class StepLog:
    """The lines of a run; a run that goes on from a checkpoint writes those after it anew."""

    def __init__(self, folder: Path, *, keep: int) -> None:
        """Open the file, and drop the lines of updates after the one with number `keep`."""
        self._path = folder / STEPS
        folder.mkdir(parents=True, exist_ok=True)
        kept = [line for line in read_steps(folder) if line["step"] <= keep]
        write_atomically(self._path, "".join(map(_line, kept)))

    def append(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Add an update's numbers; what is not finite becomes null."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line({"step": step, **metrics}))


def read_steps(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a run folder; a last one that a crash cut off is passed over."""
    path = folder / STEPS
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def _line(metrics: Mapping[str, Any]) -> str:
    finite = {name: _finite(value) for name, value in metrics.items()}
    return json.dumps(finite, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
