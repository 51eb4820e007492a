"""The plan of a run's memory, which looks at no weights."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import UsageError
from agentgym.models import profiles
from agentgym.models.fit import GIB
from agentgym.trainers.loading import configurations, load_grpo, load_sft
from agentgym.trainers.planning.machine import Machine, this_machine
from agentgym.trainers.planning.plan import Plan, plan

GPU = Machine(1, 80.0, 200.0)
LAPTOP = Machine(0, 0.0, 16.0)


def planned(config: str, *assignments: str, machine: Machine) -> Plan:
    return plan(load_grpo(config, assignments, {}), machine)


def gib(plan: Plan, name: str) -> float | None:
    trainer = plan.trainer
    return next(term.gib for term in (*trainer.fixed, *trainer.update, *trainer.sampling) if term.name == name)


@pytest.mark.parametrize("name", list(configurations()))
def test_a_configuration_says_in_comments_what_its_plan_says(name: str) -> None:
    settings = load_grpo(name, [], {})
    written_for = Machine(settings.plan.gpus, settings.plan.gpu_gib if settings.plan.gpus else 0.0)
    found = plan(settings, written_for)
    text = configurations()[name].read_text(encoding="utf-8")
    assert "\n".join(f"# {line}".rstrip() for line in found.memory_lines) in text
    for command in found.commands():
        if "agentgym serve" in command:
            assert command in text
    assert found.fits


@pytest.mark.parametrize("model", [one for family in profiles().values() for one in family.models if one.shape])
def test_matrices_come_to_the_parameters_that_are_published(model: Any) -> None:
    shape = model.shape
    # Small models write with the matrix that they read with, and say nothing of it apart.
    embedding_b = model.embedding_b or shape.vocabulary * shape.hidden / 1e9
    assert shape.parameters / 1e9 + embedding_b == pytest.approx(model.parameters_b, rel=0.005)
    assert embedding_b * 1e9 / (shape.vocabulary * shape.hidden) == pytest.approx(
        1 if embedding_b < 0.7 else 2, rel=0.01
    )


def test_terms_are_what_the_arithmetic_says() -> None:
    found = planned("qwen3.5-4b", machine=GPU)
    assert gib(found, "weights") == pytest.approx(4.206e9 * 2 / GIB)
    # Ranks of 32 on every matrix but the two small ones of gates, in 24 recurrent, 8 attention and 32 blocks of MLP.
    recurrent = 2560 + 8192 + 2560 + 4096 + 4096 + 2560
    attention = 2560 + 8192 + 2 * (2560 + 1024) + 4096 + 2560
    adapter = 32 * (24 * recurrent + 8 * attention + 32 * 3 * (2560 + 9216))
    assert gib(found, "adapter, Adam") == pytest.approx(adapter * 16 / GIB)
    assert gib(found, "activations kept") == pytest.approx(10240 * 32 * 2560 * 2 / GIB)


def test_longer_rows_and_more_of_them_take_more() -> None:
    plans = [
        planned("qwen3.5-4b", *more, machine=GPU).trainer.gib
        for more in ([], ["plan.row_tokens=20480"], ["trl.per_device_train_batch_size=4"], ["lora.rank=256"])
    ]
    assert all(more > plans[0] for more in plans[1:])


def test_fsdp_shards_weights_and_plain_processes_do_not() -> None:
    machine = Machine(8, 80.0)
    sharded = planned("qwen3.5-35b-a3b", machine=machine)
    whole = planned("qwen3.5-35b-a3b", 'accelerate=["--num_processes=4"]', machine=machine)
    assert gib(whole, "weights") == pytest.approx(4 * (gib(sharded, "weights") or 0))
    assert sharded.fits
    assert not whole.fits
    assert "FSDP" in whole.faults[0]


def test_a_server_on_the_same_gpu_counts_and_one_elsewhere_does_not() -> None:
    shared = planned("qwen3.5-4b", machine=GPU)
    assert shared.shared
    assert shared.as_json()["server"]["gib"] == pytest.approx(32)
    assert not planned("qwen3.5-4b", machine=Machine(2, 80.0)).shared
    assert planned("qwen3.5-4b", "policy.base_url=http://far.example:8000/v1", machine=GPU).server is None


def test_what_does_not_fit_is_told_with_what_to_change() -> None:
    small = planned("qwen3.5-4b", "trl.per_device_train_batch_size=4", machine=Machine(1, 24.0))
    assert not small.fits
    assert "trl.per_device_train_batch_size=1" in small.faults[0]
    assert "the server has no room for one row" in small.faults[1]
    assert planned("qwen3.5-4b", machine=LAPTOP).faults == [
        "this is written for 1 × 80 GiB of GPU, of which it takes 48.9 GiB each, and there is none here; "
        "smollm2-cpu needs none"
    ]
    assert "4 GPUs are needed and 2 are here" in planned("nemotron-3-nano-30b", machine=Machine(2, 80.0)).faults[0]


def test_a_processor_has_the_memory_of_the_machine() -> None:
    assert planned("smollm2-cpu", machine=LAPTOP).fits
    [fault] = planned("smollm2-cpu", machine=Machine(0, 0.0, 2.0)).faults
    assert "GiB are missing: trl.per_device_train_batch_size=1, or model.gradient_checkpointing=true" in fault


def test_a_server_on_a_processor_takes_of_the_same_memory() -> None:
    served = planned("smollm2-cpu", "policy.spec=vllm:SmolLM2-135M-Instruct", machine=LAPTOP)
    assert served.server is not None
    assert [(term.name, round(term.gib or 0, 2)) for term in served.server.terms] == [
        ("weights", 0.25),
        ("vLLM", 2.5),
        ("cache", 1),
    ]
    assert served.fits
    assert served.lines(["--policy", "vllm:SmolLM2-135M-Instruct"])[-2:] == [
        "  agentgym serve SmolLM2-135M-Instruct --rl",
        "  python -m agentgym.trainers.grpo --policy vllm:SmolLM2-135M-Instruct",
    ]
    wide = planned(
        "smollm2-cpu", "policy.spec=vllm:SmolLM2-135M-Instruct", 'plan.server=["--precision", "fp32"]', machine=LAPTOP
    )
    assert wide.server is not None
    assert wide.server.terms[0].gib == pytest.approx(0.5, abs=0.01)
    assert served.server.episodes == 2 * (wide.server.episodes or 0)
    tight = planned(
        "smollm2-cpu", "policy.spec=vllm:SmolLM2-135M-Instruct", machine=Machine(0, 0.0, served.trainer.gib + 1)
    )
    assert "GiB are missing" in tight.faults[0]


def test_weights_that_nothing_is_known_of_are_as_large_as_their_files(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"dtype": "float32"}')
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(4 * 2**20)
    found = planned("smollm2-cpu", f"model.name={tmp_path}", "model.dtype=bfloat16", machine=LAPTOP)
    assert gib(found, "weights") == pytest.approx(2 / 1024)
    assert not found.trainer.known
    assert any("≥" in line for line in found.lines())


def test_a_supervised_run_has_a_plan_too() -> None:
    settings = load_sft("smollm2-cpu", ["demonstrations.oracle_tasks=4"], {})
    found = plan(settings, LAPTOP)
    assert (found.work.row_tokens, found.work.rows, found.server) == (256, 8, None)
    assert "Each update: 8 rows of at most 256 tokens, computed 8 at once" in found.lines()
    assert found.lines(["--config", "smollm2-cpu"])[-1] == "  python -m agentgym.trainers.sft --config smollm2-cpu"


def test_this_machine_has_memory() -> None:
    assert (this_machine().memory_gib or 0) > 0


def test_gpus_are_those_that_nvidia_smi_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 81559\necho 40960\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert (this_machine().gpus, this_machine().gpu_gib) == (2, 40.0)
    program.write_text("#!/bin/sh\necho NVIDIA-SMI has failed because it could not communicate; exit 9\n")
    assert this_machine().gpus == 0


def test_no_weights_are_looked_at() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'trl', 'peft'): sys.modules[name] = None\n"
        "from agentgym.trainers.loading import load_grpo\n"
        "from agentgym.trainers import command\n"
        "from agentgym.trainers.adapters import lora\n"
        "from agentgym.trainers.play import curriculum\n"
        "from agentgym.trainers.planning.plan import plan_lines\n"
        "print(*plan_lines(load_grpo('smollm2-cpu', [], {})), sep='\\n')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert "Plan for SmolLM2-135M-Instruct on this machine" in run.stdout


def test_it_can_be_read_by_programs() -> None:
    found = json.loads(json.dumps(planned("qwen3.5-4b", machine=GPU).as_json()))
    assert (found["fits"], found["shared_gpu"], found["row_tokens"]) == (True, True, 10_240)


def test_an_unknown_configuration_is_none() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'qwen3\.5-4b'"):
        load_grpo("qwen3.5-4", [], {})
