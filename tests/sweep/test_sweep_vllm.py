"""A sweep over two precisions that vLLM serves on this machine, for real."""

import json
from pathlib import Path

import pytest

from agentgym.cli import main
from agentgym.errors import UsageError
from agentgym.serving import installation

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.slow,
    # It takes every core, and its answers have deadlines.
    pytest.mark.alone,
    pytest.mark.timeout(1200),
]

SWEEP = """
[play]
environments = ["json-math"]
split = "eval"
tasks = 2
concurrency = 2
policy = { max_tokens = 64, call_timeout_s = 300.0, attempt_timeout_s = 300.0 }
limits = { turn_s = 300.0 }
[play.options.json-math]
scratchpad = false
[grid]
model = ["SmolLM2-135M-Instruct"]
precision = ["fp32", "bf16"]
temperature = [0.0]
context = [2048]
"""


@pytest.fixture(autouse=True)
def _build_for_processors():
    try:
        vllm = installation.find()
    except UsageError as error:
        pytest.skip(str(error))
    if not vllm.cpu:
        pytest.skip("the sweep is for the build for processors")


def test_two_precisions_are_served_played_and_compared(tmp_path: Path, capsys):
    file, out = tmp_path / "sweep.toml", tmp_path / "out"
    file.write_text(SWEEP)
    assert main(["sweep", str(file), "--out", str(out), "--quiet", "--json"]) == 0
    said = capsys.readouterr()
    assert [line.count("--dtype float32") for line in said.err.splitlines() if "starting" in line] == [1, 0]
    numbers = json.loads(said.out)
    assert [cell["label"] for cell in numbers["cells"]] == ["fp32", "bf16"]
    assert all(cell["speed"]["completion_tokens_per_s"] > 0 for cell in numbers["cells"])
    [effect] = numbers["effects"]
    assert (effect["axis"], effect["success"]["tasks"]) == ("precision", 2)
    assert effect["tokens_ratio"] > 0
    # All is there: no server starts.
    assert main(["sweep", str(file), "--out", str(out), "--quiet", "--json", "--resume"]) == 0
    assert "starting" not in capsys.readouterr().err
