"""`python -m agentgym.trainers.grpo`: LoRA GRPO on episodes that are played as it goes."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from agentgym.trainers.command import Training, grpo_options, run_command
from agentgym.trainers.loading import load_grpo
from agentgym.trainers.outcome import comparison
from agentgym.trainers.settings import GrpoSettings

EXAMPLES = """\
examples:
  python -m agentgym.trainers.grpo --config smollm2-cpu --set model.adapter=runs/warm/adapter
                                                                    minutes on a laptop, no server, after sft
  python -m agentgym.trainers.grpo --config qwen3.5-4b --plan       what it takes of this machine's memory
  python -m agentgym.trainers.grpo code-repair --set model.name=Qwen3.5-4B --policy vllm:Qwen3.5-4B --steps 200
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return run_command(COMMAND, argv)


def _train(settings: GrpoSettings, folder: Path, *, resume: bool, say: Callable[[str], None]) -> dict[str, Any]:
    from agentgym.trainers import reinforcement  # seconds, which --help does not take

    return reinforcement.train(settings, folder, resume=resume, say=say)


def _lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield what people are told of a run that ended."""
    yield from (f"note: {warning}" for warning in summary["warnings"])
    if summary["evaluation"]:
        told = io.StringIO()
        comparison.print_comparison(Console(file=told, width=100), comparison.from_json(summary["evaluation"]))
        yield told.getvalue().rstrip()
    yield f"{summary['updates']:,} updates in {summary['seconds'] / 60:.1f} minutes"
    yield f"adapter: {summary['adapter']}"
    yield f"report: {summary['report']}"


COMMAND: Training[GrpoSettings] = Training(
    kind="grpo",
    summary="Train a LoRA adapter by GRPO on episodes of AgentGym's environments; evaluate it before and after.",
    examples=EXAMPLES,
    load=load_grpo,
    train=_train,
    lines=_lines,
    options=grpo_options,
)

if __name__ == "__main__":
    sys.exit(main())
