"""Several processes share an update, as `accelerate launch` starts them, and do what one does alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentgym.rollout.store import read_episodes
from agentgym.trainers.record.steps import read_steps

pytestmark = [pytest.mark.train, pytest.mark.slow]

CONFIG = """
seed = 3
steps = 2
save_every = 2
report_to = []
environments = [{{ name = "vowels" }}]
model = {{ name = "{model}", dtype = "float32", device = "cpu", gradient_checkpointing = false }}
lora = {{ rank = 4, alpha = 8 }}
policy = {{ max_tokens = 8 }}
groups = {{ size = 4, per_step = 2 }}
eval = {{ tasks = 2 }}
trl = {{ learning_rate = 1e-2, dataloader_pin_memory = false, per_device_train_batch_size = 4 }}
"""


def train(folder: Path, config: Path, *, processes: int) -> None:
    launcher = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", str(processes), "--num_machines", "1"]
    launcher += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0", "-m"]
    told = ["agentgym.trainers.grpo", "--config", str(config), "--out", str(folder)]
    run = [sys.executable, *(launcher if processes > 1 else ["-m"]), *told]
    plugin = str(Path(__file__).parents[1] / "plugin")
    env = {**os.environ, "PYTHONPATH": f"{Path.cwd()}{os.pathsep}{plugin}", "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(run, env=env, capture_output=True, text=True, check=False, timeout=280)
    assert ended.returncode == 0, ended.stderr[-4000:]


def test_two_processes_do_what_one_does(tiny_folder, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(model=tiny_folder("smollm2")))
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    train(alone, config, processes=1)
    train(shared, config, processes=2)
    for step in (1, 2):
        played = [
            [[turn.completion.completion_token_ids for turn in episode.turns] for episode in read_episodes(path)]
            for path in (folder / "episodes" / f"step-{step:06d}.jsonl" for folder in (alone, shared))
        ]
        assert len(played[0]) == 8
        assert played[0] == played[1]
    for one, two in zip(read_steps(alone), read_steps(shared), strict=True):
        assert two["grad_norm"] == pytest.approx(one["grad_norm"], rel=1e-3)
        assert two["agentgym/reward"] == one["agentgym/reward"]
    assert (shared / "adapter" / "adapter_model.safetensors").exists()
    assert (shared / "report.html").exists()
