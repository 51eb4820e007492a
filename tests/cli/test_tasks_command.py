"""`agentgym tasks stats` prints what an environment says about its tasks."""

from __future__ import annotations

import json
import re

import pytest

from agentgym import cli
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.statistics import StatsTable, TaskStats


def test_splits_are_shown_by_level_and_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tasks", "stats", "linux-config"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"tasks in demo +8\n", told)
    assert re.search(r"family +demo +train \(of 1,000 drawn\) +eval\n", told)
    assert re.search(r"permissions +3 +\d+\.\d % +\d+\n", told)


def test_json_has_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tasks", "stats", "agentgym/JsonMath-v1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["environment"] == "agentgym/JsonMath-v1"
    assert told["totals"]["tasks in demo"] == 8
    levels = told["tables"][0]
    assert levels["headings"][0] == "level"
    assert sum(row[1] for row in levels["rows"]) == 8


def test_what_an_environment_adds_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = StatsTable("by operator", ("operator", "tried", "yield"), [("boundary", 1200, 0.625)])
    stats = TaskStats({"gate": "3.0 mutants/s", "hangs": 0.015}, [table], ["One thing is missing."])
    monkeypatch.setattr(JsonMathEnv, "task_stats", classmethod(lambda cls: stats))
    assert cli.main(["tasks", "stats", "json-math"]) == 0
    told = capsys.readouterr().out
    assert told == (
        "agentgym/JsonMath-v1\n  gate   3.0 mutants/s\n  hangs  1.5 %\n"
        "\nby operator\n  operator  tried   yield\n  boundary  1,200  62.5 %\n"
        "\nOne thing is missing.\n"
    )


def test_an_unknown_environment_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tasks", "stats", "json-maths"]) == 2
    assert "did you mean 'json-math'?" in capsys.readouterr().err
