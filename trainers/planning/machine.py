"""The machine at hand: its GPUs and its memory."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

MIB_OF_GIB = 1024
KIB_OF_GIB = 1024 * 1024
_ASK_GPUS = ("nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits")
_MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True)
class Machine:
    """A machine to train on.

    Attributes:
        gpus: how many.
        gpu_gib: memory of the smallest of them, in GiB; 0 where there is none.
        memory_gib: memory that is free beside, in GiB; None where it is not known.
    """

    gpus: int
    gpu_gib: float
    memory_gib: float | None = None

    def __str__(self) -> str:
        if self.gpus:
            return f"{self.gpus} × {self.gpu_gib:.0f} GiB of GPU"
        return "no GPU" if self.memory_gib is None else f"no GPU, {self.memory_gib:.1f} GiB of free memory"


def this_machine() -> Machine:
    """Return what `nvidia-smi` and `/proc/meminfo` say."""
    sizes = _gpu_sizes_gib()
    return Machine(len(sizes), min(sizes, default=0.0), _free_gib())


def _gpu_sizes_gib() -> list[float]:
    if shutil.which(_ASK_GPUS[0]) is None:
        return []
    try:
        asked = subprocess.run(_ASK_GPUS, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    # A driver that does not answer says so in words.
    lines = asked.stdout.split() if asked.returncode == 0 else []
    return [int(line) / MIB_OF_GIB for line in lines if line.isdecimal()]


def _free_gib() -> float | None:
    try:
        fields = dict(line.split(":", 1) for line in _MEMORY.read_text(encoding="utf-8").splitlines())
        return int(fields["MemAvailable"].split()[0]) / KIB_OF_GIB
    except (OSError, ValueError, KeyError):
        return None


def facts() -> dict[str, str | int | float]:
    """Return what is told of the machine in a run's summary."""
    here = this_machine()
    gpus = {"GPUs": f"{here.gpus} × {here.gpu_gib:.0f} GiB"} if here.gpus else {}
    return {"processor": platform.processor() or platform.machine(), "cores": len(os.sched_getaffinity(0)), **gpus}


def versions() -> dict[str, str]:
    """Return the versions of the packages that numbers depend on; of those that are installed."""
    found = {}
    for name in ("agentgym-rl", "torch", "transformers", "trl", "peft", "accelerate"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
