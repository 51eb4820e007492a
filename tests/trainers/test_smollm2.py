"""SmolLM2 learns, for real: a warm start from the oracle, then GRPO, by the commands of the documentation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import pytest

from agentgym.trainers.record.steps import read_steps

pytestmark = [
    pytest.mark.train,
    pytest.mark.slow,
    # It takes every core for minutes.
    pytest.mark.alone,
    pytest.mark.timeout(1500),
]


def run(command: str, *arguments: str) -> None:
    told = [sys.executable, "-m", f"agentgym.trainers.{command}", "--config", "smollm2-cpu", *arguments]
    ended = subprocess.run(told, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]


def test_the_curve_rises_and_held_out_tasks_are_solved_more_often(train_extra: None, tmp_path: Path) -> None:
    warm, trained = tmp_path / "warm", tmp_path / "trained"
    run("sft", "--oracle-tasks", "32", "--epochs", "2", "--set", "trl.learning_rate=4e-4", "--out", str(warm))
    run("grpo", "--set", f"model.adapter={warm / 'adapter'}", "--out", str(trained))
    rewards = [line["agentgym/reward"] for line in read_steps(trained)]
    assert fmean(rewards[-3:]) > fmean(rewards[:3])
    success = json.loads((trained / "summary.json").read_text())["evaluation"]["differences"]["success/all"]
    assert success["interval"]["low"] > 0
    assert (trained / "report.html").exists()
