"""`python -m agentgym.trainers.sft`: a supervised warm start, so that a policy does now and then what is rewarded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agentgym.trainers.command import Training, run_command, sft_options
from agentgym.trainers.loading import load_sft
from agentgym.trainers.settings import SftSettings

EXAMPLES = """\
examples:
  python -m agentgym.trainers.sft --config qwen3.5-4b --oracle-tasks 200
                                  imitate the oracles of the configuration's environments
  python -m agentgym.trainers.sft --config qwen3.5-4b --runs runs/sampled --set demonstrations.per_task=2
                                  imitate the successes of a rollout, two of each task
  python -m agentgym.trainers.grpo --config qwen3.5-4b --set model.adapter=runs/RUN/adapter
                                  go on from there
"""


def train(
    settings: SftSettings, folder: Path, *, resume: bool = False, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Train an adapter on demonstrations, as `supervised.train` says."""
    from agentgym.trainers import supervised  # seconds, which --help does not take

    return supervised.train(settings, folder, resume=resume, say=say)


def lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield what people are told of a run that ended."""
    shown, loss = summary["demonstrations"], summary["loss"]
    yield (
        f"{summary['steps']:,} updates on {shown['rows']:,} rows of {shown['episodes']:,} episodes, "
        f"{shown['trained_tokens']:,} tokens to learn"
    )
    if loss:
        yield f"loss a token: {loss[0]:.3f} at first, {loss[-1]:.3f} at last"
    yield f"adapter: {summary['adapter']}"
    yield f"report: {summary['report']}"
    yield f"to go on from it: python -m agentgym.trainers.grpo --config NAME --set model.adapter={summary['adapter']}"


COMMAND = Training(
    kind="sft",
    summary="Train a LoRA adapter to do what successful episodes, or oracles, did.",
    examples=EXAMPLES,
    load=load_sft,
    train=train,
    lines=lines,
    options=sft_options,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return run_command(COMMAND, argv)


if __name__ == "__main__":
    sys.exit(main())
