"""`agentgym audit`: what it is given, what it leaves behind, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from counting_gym.env import CountingEnv

from agentgym import cli
from agentgym.audit.report import AuditReport
from agentgym.cli.command import main
from agentgym.errors import BackendUnavailable
from agentgym.reward import Reward

SMALL = ("--tasks", "1", "--drawn", "6", "--attacks", "null,own", "--quiet")


def test_a_sound_environment_ends_with_0_and_leaves_a_document_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("jinja2", reason="the report extra is not installed")
    assert (
        cli.main(["audit", "counting", *SMALL, "--out", str(tmp_path / "out"), "--policy", "cheater:claim-success"])
        == 0
    )
    told = capsys.readouterr()
    assert "sound, as far as it could be judged: No fault was found" in told.out
    assert "cheater:claim-success" in told.out
    report = AuditReport.model_validate_json((tmp_path / "out/audit.json").read_text())
    assert report.command.startswith("agentgym audit counting --tasks 1 --drawn 6 --attacks null,own")
    assert {level.policy_played for level in report.difficulty.levels} == {3}
    assert "<title>counting: audit</title>" in (tmp_path / "out/audit.html").read_text()


def test_faults_end_with_3_and_json_is_the_document(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(CountingEnv, "verify", lambda *arguments: Reward(value=1))
    monkeypatch.chdir(tmp_path)
    assert main(["audit", "counting", *SMALL, "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "audits/counting/audit.json").read_text())
    assert told["verdict"] == "faulty"
    again = [finding["reproduce"] for finding in told["findings"] if finding["outcome"] == "failed"]
    assert "agentgym audit counting --attacks null" in again


def test_sigterm_ends_it_as_ctrl_c_does_and_leaves_no_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agentgym", "audit", "json-math", "--set", "scratchpad=false"]
    with subprocess.Popen([*command, "--out", tmp_path / "out"], stderr=subprocess.PIPE, text=True) as audit:
        assert audit.stderr is not None
        assert audit.stderr.readline() == "agentgym: making tasks\n"
        audit.send_signal(signal.SIGTERM)
        told = audit.stderr.read()
    assert (audit.returncode, told.splitlines()[-1]) == (143, "agentgym: ended by SIGTERM")
    assert not (tmp_path / "out").exists()


def test_what_is_no_folder_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    assert main(["audit", "counting", "--out", str(tmp_path / "file")]) == 2
    assert f"--out {tmp_path}/file: it is no folder" in capsys.readouterr().err
    assert main(["audit", str(tmp_path / "file")]) == 2
    assert "is a file: name an environment, or the folder of one" in capsys.readouterr().err
    assert main(["audit", str(tmp_path / "empty")]) == 2
    assert "nor is an environment there" in capsys.readouterr().err


def test_a_world_that_is_gone_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*arguments: object) -> Reward:
        raise BackendUnavailable("the engine stopped answering")

    monkeypatch.setattr(CountingEnv, "verify", gone)
    assert main(["audit", "counting", *SMALL, "--out", str(tmp_path)]) == 1
    assert "the engine stopped answering" in capsys.readouterr().err
    assert not (tmp_path / "audit.json").exists()


def test_what_cannot_begin_leaves_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def gone(*arguments: object) -> None:
        raise BackendUnavailable("no server answers")

    monkeypatch.setattr(CountingEnv, "preflight", gone)
    assert main(["audit", "counting", *SMALL, "--out", str(tmp_path / "audits/counting")]) == 1
    assert not list(tmp_path.iterdir())


def test_all_that_is_wrong_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["--tasks", "0", "--seed", "-1", "--attacks", "nul", "--sandbox", "dokcer", "--base-url", "http://x"]
    assert main(["audit", "countin", *wrong]) == 2
    told = capsys.readouterr().err
    first, *others = told.splitlines()
    assert first.startswith("agentgym: there is no environment named 'countin': did you mean 'counting'?")
    assert all(line.startswith("          ") for line in others)
    for said in ("--tasks 0", "--seed -1", "did you mean 'null'", "did you mean 'docker'", "--base-url: name whom"):
        assert said in told


def test_what_is_no_environment_or_no_option_of_it_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "countin"]) == 2
    assert "did you mean 'counting'?" in capsys.readouterr().err
    assert main(["audit", "json-math", "--set", "scratchpat=false", "--set", "nothing"]) == 2
    told = capsys.readouterr().err
    assert "--set scratchpat: there is no such option: did you mean 'scratchpad'?" in told
    assert "--set nothing: write it as key=value" in told
    for missing in ("./missing", str(tmp_path / "missing")):
        assert main(["audit", missing]) == 2
        assert f"there is no folder {missing}:" in capsys.readouterr().err
    assert main(["audit", str(tmp_path)]) == 2
    assert "there is no task here" in capsys.readouterr().err


def test_tasks_of_ones_own_go_through_the_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tasks.jsonl"
    problems = Path(__file__).parents[2] / "examples/tasks/problems.jsonl"
    file.write_text(problems.read_text().splitlines()[0] + "\n")
    named = [
        "audit",
        "json-math",
        "--set",
        "scratchpad=false",
        "--tasks-from",
        str(file),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main([*named, "--attacks", "null,own", "--quiet", "--json"]) == 0, capsys.readouterr()
    told = json.loads(capsys.readouterr().out)
    names = [finding["name"] for finding in told["findings"]]
    assert "tasks_are_fit" in names
    assert "gymnasium_accepts_it" not in names
    assert told["duplicates"]["compared"] == 1
