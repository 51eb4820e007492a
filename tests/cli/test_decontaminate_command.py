"""`agentgym decontaminate` finds what is served in a user's folder, and says so with its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentgym import cli
from agentgym.cli import decontaminate
from agentgym.environments.code_repair.tasks.bases import find_base

UNRELATED = "def f(a):\n    with open(a) as b:\n        return {c: d for c, d in zip(b, b) if c or not d}\n"


def run(*arguments: object) -> int:
    return cli.main(["decontaminate", *map(str, arguments)])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with one unrelated program and one that is served, its names changed."""
    (tmp_path / "other.py").write_text(UNRELATED)
    served = find_base("intervals").sources["intervals.py"]
    (tmp_path / "set.jsonl").write_text(json.dumps({"code": served.replace("start", "beginning")}) + "\n")
    return tmp_path


def test_a_copy_is_found_and_the_exit_status_is_1(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--against", copy) == 1
    told = capsys.readouterr().out
    assert "1.00   code-repair/intervals.py:1  set.jsonl:1.code:1" in told
    assert "1 pair of programs is alike by 0.6 or more." in told
    assert max(map(len, told.splitlines())) <= 100


def test_one_file_will_do(copy: Path) -> None:
    assert run("--against", copy / "set.jsonl", "--env", "code-repair") == 1
    assert run("--against", copy / "other.py", "--env", "code-repair") == 0


def test_json_has_everything(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "bad.py").write_text("def")
    assert run("--against", copy, "--json", "--threshold", "1") == 1
    told = json.loads(capsys.readouterr().out)
    (match,) = told["matches"]
    assert (match["similarity"], told["threshold"]) == (1.0, 1.0)
    assert match["served"]["program"] == "code-repair/intervals.py"
    assert match["yours"] == {"program": "set.jsonl:1.code", "function": "", "line": 1}
    assert told["compared"]["yours"]["programs"] == 2
    assert [one["name"] for one in told["unreadable"]] == ["bad.py"]


def test_nothing_alike_is_status_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.py").write_text(UNRELATED)
    (tmp_path / "bad.py").write_text("def")
    assert run("--against", tmp_path) == 0
    told = capsys.readouterr().out
    assert "not read: 1\n  bad.py  not Python 3: invalid syntax (line 1)\n" in told
    assert "0 pairs of programs are alike" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--against", "nowhere"], "there is no folder nowhere"),
        (["--against", "empty"], "empty has no Python: no file ends in .py, .json"),
        (["--against", "bad"], "no Python that can be read in the 1 files of bad\n            bad.py: not Python 3"),
        (["--against", "good", "--threshold", "0"], "--threshold: a number from 0.1 to 1, not 0.0"),
        (["--against", "good", "--threshold", "nan"], "--threshold: a number from 0.1 to 1, not nan"),
        (["--against", "good", "--env", "code-repiar"], "did you mean 'code-repair'?"),
        (["--against", "good", "--env", "json-math"], "json-math has no programs to compare"),
    ],
)
def test_bad_usage_is_status_2(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, text in {"empty": None, "bad": "def", "good": UNRELATED}.items():
        (tmp_path / folder).mkdir()
        if text:
            (tmp_path / folder / f"{folder}.py").write_text(text)
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err


def test_long_work_tells_how_far_it_is(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(decontaminate, "PROGRESS_EVERY_S", 0.0)
    run("--against", copy)
    assert "agentgym: 1 of 2 files compared" in capsys.readouterr().err
