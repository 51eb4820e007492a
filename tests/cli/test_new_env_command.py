"""`agentgym new-env`: what it writes works as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agentgym.bridges.inward.folder import environment
from agentgym.checks import check_env
from agentgym.cli import main
from agentgym.plugins import short_name
from agentgym.sandbox import SandboxBackend
from agentgym.scaffold import MOST_CHARS, TEMPLATE, name_faults
from agentgym.task import Split


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("new")
    assert main(["new-env", "till-roll", "--out", str(out)]) == 0
    return out / "till-roll"


def test_nothing_is_left_of_the_templates_name(written: Path) -> None:
    files = [path for path in written.rglob("*") if path.is_file()]
    assert "till_roll/env.py" in {path.relative_to(written).as_posix() for path in files}
    for path in files:
        for word in ("new-world", "new_world", "NewWorld"):
            assert word not in path.read_text(), path
            assert word not in path.as_posix()


def test_it_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-env", "till-roll", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert f"agentgym audit {tmp_path}/till-roll --quick " in told
    assert f"folder:{tmp_path}/till-roll --policy oracle" in told


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_it_keeps_the_contract(written: Path, bubblewrap_backend: SandboxBackend) -> None:
    # Another process finds the class by the bridge's entry point, which a checkout may not have yet.
    elsewhere = "tasks_are_the_same_in_another_process"
    report = check_env(environment(str(written)), sandbox=bubblewrap_backend, tasks=1)
    assert {failure.case.name for failure in report.failures} <= {elsewhere}


def test_it_has_every_level_and_some_canaries(written: Path) -> None:
    tasks = environment(str(written)).tasks(Split.TRAIN)[:200]
    assert {task.level for task in tasks} == {1, 2, 3}
    assert 0 < sum(task.canary for task in tasks) < 20


@pytest.mark.parametrize("tool", [["ruff", "check", "--no-cache", "."], ["ruff", "format", "--check", "."]])
def test_it_is_tidy(written: Path, tool: list[str]) -> None:
    pytest.importorskip("ruff", reason="the dev extra is not installed")
    done = subprocess.run([sys.executable, "-m", *tool], cwd=written, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("Till_Roll", "is no name"),
        ("till--roll", "is no name"),
        ("2-tills", "is no name"),
        ("class", "a word of Python's own"),
        ("match", "a word of Python's own"),
        ("env", "says nothing of its own"),
        ("audit", "says nothing of its own"),
        ("tests", "says nothing of its own"),
        ("src", "says nothing of its own"),
        ("json", "a Python package 'json' already"),
        ("json-math", "an environment named 'json-math' already"),
        ("a-b", "could not be told from 'ab'"),
        ("till-v2", "ends in a version"),
        ("t" * (MOST_CHARS + 1), "characters long"),
    ],
)
def test_a_name_that_cannot_be_taken_is_refused(name: str, fault: str) -> None:
    assert any(fault in told for told in name_faults(name))


def test_every_fault_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "class").mkdir()
    assert main(["new-env", "class", "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "word of Python's own" in told
    assert "is there already" in told
    assert not list((tmp_path / "class").iterdir())


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-env", "till-roll", "--out", str(tmp_path / "missing")]) == 2
    assert f"there is no folder {tmp_path}/missing to write till-roll into: make it" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_templates_own_name_may_be_taken() -> None:
    assert list(name_faults(TEMPLATE.name)) == []
    assert short_name("NewWorld-v1") == TEMPLATE.name
