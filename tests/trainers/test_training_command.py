"""The commands that train: options, run folders and exit statuses; what trains is a function of the test's."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import InfrastructureError, UsageError
from agentgym.rollout.folder import RunFolder
from agentgym.trainers import command
from agentgym.trainers.command import Training, grpo_options, run_command, sft_options
from agentgym.trainers.guards.rails import RailReached
from agentgym.trainers.loading import load_grpo, load_sft

SMALL = ("--config", "smollm2-cpu")


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "NEEDED", ("json",))


def trains(settings: Any, folder: Path, *, resume: bool, say: Callable[[str], None]) -> Mapping[str, Any]:
    say(f"trained {settings.steps} steps")
    return {"steps": settings.steps, "resumed": resume, "run": str(folder)}


def grpo(*argv: str, train: Callable[..., Mapping[str, Any]] = trains) -> int:
    return run_command(
        Training("grpo", "Train.", "", load_grpo, train, lambda result: [f"{result['steps']} steps"], grpo_options),
        argv,
    )


def fails(error: BaseException, *arguments: Any, **options: Any) -> Mapping[str, Any]:
    raise error


def test_a_run_has_a_folder_named_by_what_is_trained_and_keeps_all_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo(*SMALL, "--steps", "3") == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("3 steps\n", "trained 3 steps\n")
    [folder] = Path("runs").iterdir()
    assert "-grpo-SmolLM2-135M-Instruct-" in folder.name
    config = json.loads((folder / "config.json").read_text())
    assert (config["kind"], config["steps"], config["rails"]["lost"]) == ("grpo", 3, 0.5)
    assert config["environments"][0]["name"] == "agentgym/JsonMath-v1"


def test_json_is_all_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo(*SMALL, "--json", "--quiet", "--out", "run") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"steps": 9, "resumed": False, "run": "run"}
    assert printed.err == ""


def test_all_faults_of_options_and_settings_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo("jsn-math", "--stps", "9", "--seed", "x", "--set", "trl.max_steps=3", "--policy", "openai:x") == 2
    said = capsys.readouterr().err
    for fault in (
        "there is no option --stps: did you mean --steps?",
        "seed: input should be a valid integer",
        "there is no environment named 'jsn-math': did you mean 'json-math'?",
        "trl.max_steps: the trainer sees to it; set steps",
        "policy.spec: 'openai:x' takes no new adapters",
    ):
        assert fault in said
    assert not Path("runs").exists()


def test_a_run_is_not_begun_twice_and_goes_on_only_as_it_began(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo(*SMALL, "--out", "run") == 0
    assert grpo(*SMALL, "--out", "run") == 2
    assert "holds a run already: add --resume" in capsys.readouterr().err
    assert grpo(*SMALL, "--out", "run", "--resume", "--set", "lora.rank=8", "--steps", "20") == 2
    said = capsys.readouterr().err
    assert "lora.rank: 16 then, 8 now" in said
    assert "steps: 9 then, 20 now" in said


def test_what_does_not_change_what_is_trained_may_change() -> None:
    assert grpo(*SMALL, "--out", "run") == 0
    changed = ("--set", "rails.logp_mean=9", "--set", "save_every=1", "--set", "groups.concurrency=2")
    assert grpo(*SMALL, "--out", "run", "--resume", *changed) == 0
    assert json.loads(Path("run/config.json").read_text())["rails"]["logp_mean"] == 9


def test_resume_takes_the_latest_run_alike(capsys: pytest.CaptureFixture[str]) -> None:
    for seed in ("1", "1", "2"):
        assert grpo(*SMALL, "--seed", seed, "--quiet") == 0
    first, second, _ = sorted(Path("runs").iterdir(), key=lambda path: path.stat().st_ctime_ns)
    os.utime(second / "config.json", (2e9, 2e9))
    capsys.readouterr()
    assert grpo(*SMALL, "--seed", "1", "--resume", "--json", "--quiet") == 0
    assert json.loads(capsys.readouterr().out) == {"steps": 9, "resumed": True, "run": str(second)}
    assert first != second


def test_there_may_be_nothing_to_resume(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo(*SMALL, "--resume", "--out", "new") == 0
    assert "there is no run to go on with in new: it is begun" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RailReached("too many cheats"), 3, "too many cheats; what is there is in run: the same command with --resume"),
        (InfrastructureError("no boxes"), 1, "no boxes; what is there is in run"),
        (UsageError("out of memory", "take less"), 2, "agentgym: out of memory\n          take less"),
        (KeyboardInterrupt(), 130, "interrupted; what is there is in run: the same command with --resume --out run"),
    ],
)
def test_how_it_ends_is_its_exit_status(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails_later(settings: Any, folder: Path, **options: Any) -> Mapping[str, Any]:
        checkpoint = folder / "checkpoints" / "checkpoint-3"
        checkpoint.mkdir(parents=True)
        (checkpoint / "agentgym.json").write_text("{}")
        raise error

    assert grpo(*SMALL, "--out", "run", train=fails_later) == status
    assert said in capsys.readouterr().err


def test_what_ends_before_a_checkpoint_begins_anew(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo(*SMALL, "--out", "run", train=partial(fails, InfrastructureError("no boxes"))) == 1
    said = "no boxes; no checkpoint was saved yet: the same command with --resume --out run begins its updates anew"
    assert said in capsys.readouterr().err


def test_what_is_wrong_from_the_start_leaves_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo(*SMALL, "--out", "run", train=partial(fails, UsageError("no such family"))) == 2
    assert capsys.readouterr().err == "agentgym: no such family\n"
    assert not Path("run").exists()


def test_other_settings_are_for_another_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo(*SMALL, "--out", "run") == 0
    checkpoint = Path("run/checkpoints/checkpoint-3")
    checkpoint.mkdir(parents=True)
    (checkpoint / "agentgym.json").write_text("{}")
    assert grpo(*SMALL, "--out", "run", "--resume", "--set", "lora.alpha=8") == 2
    assert f"--set model.adapter={checkpoint} --out ANOTHER" in capsys.readouterr().err


def test_sigterm_ends_it_as_an_interrupt_does(capsys: pytest.CaptureFixture[str]) -> None:
    def is_ended(*arguments: Any, **options: Any) -> Mapping[str, Any]:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("it went on")

    assert grpo(*SMALL, "--out", "run", train=is_ended) == 143
    assert "ended by SIGTERM; no checkpoint was saved yet" in capsys.readouterr().err


def test_one_process_at_a_time_has_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with RunFolder(Path("run")):
        assert grpo(*SMALL, "--out", "run") == 1
    assert "another process is playing the run in run" in capsys.readouterr().err


def test_a_folder_of_other_files_is_left_alone() -> None:
    Path("mine").mkdir()
    Path("mine/thesis.tex").touch()
    assert grpo(*SMALL, "--out", "mine") == 2
    assert [path.name for path in Path("mine").iterdir()] == ["thesis.tex"]


def test_processes_that_train_together_need_one_folder_and_one_of_them_speaks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert grpo(*SMALL) == 2
    assert "2 processes train together: give --out DIR" in capsys.readouterr().err
    with RunFolder(Path("run")):
        monkeypatch.setenv("RANK", "1")
        assert grpo(*SMALL, "--out", "run") == 0
    assert capsys.readouterr() == ("", "")


def test_a_missing_extra_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "NEEDED", ("json", "no_such_package"))
    assert grpo(*SMALL) == 2
    assert "training needs no_such_package, which is not installed: pip install" in capsys.readouterr().err
    assert grpo(*SMALL, "--plan") in (0, 1)


def test_a_plan_is_printed_and_nothing_begun(capsys: pytest.CaptureFixture[str]) -> None:
    assert grpo("--config", "nemotron-3-nano-30b", "--plan", "--set", "plan.gpu_gib=1") == 1
    assert "It does not fit:" in capsys.readouterr().out
    grpo(*SMALL, "--plan", "--json")
    assert json.loads(capsys.readouterr().out)["model"] == "SmolLM2-135M-Instruct"
    assert not Path("runs").exists()


def test_a_supervised_run_has_options_of_its_own() -> None:
    kept = []

    def imitates(settings: Any, folder: Path, **options: Any) -> Mapping[str, Any]:
        kept.append(settings)
        return {}

    sft = Training("sft", "Imitate.", "", load_sft, imitates, lambda result: [], sft_options)
    argv = (*SMALL, "--runs", "a", "--runs", "b", "--oracle-tasks", "4", "--epochs", "2", "--out", "run", "--quiet")
    assert run_command(sft, argv) == 0
    [settings] = kept
    assert settings.demonstrations.runs == (Path("a"), Path("b"))
    assert (settings.demonstrations.oracle_tasks, settings.epochs) == (4, 2)
    assert run_command(sft, (*SMALL, "--steps", "3")) == 2


def test_help_tells_configurations_and_statuses_without_torch() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'trl', 'peft'): sys.modules[name] = None\n"
        "from agentgym.trainers.command import *\n"
        "from agentgym.trainers.loading import load_grpo\n"
        "run_command(Training('grpo', 'Train.', 'examples:', load_grpo, None, None, grpo_options), ['--help'])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    for told in ("smollm2-cpu", "3 stopped by a rail", "143 ended by", "--config NAME|FILE", "--plan", "examples:"):
        assert told in run.stdout
