"""What the gate measured is shown as it was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentgym.environments.code_repair.tasks.stats import gate_stats
from agentgym.errors import UsageError

SAMPLE: dict[str, Any] = {
    "machine": "2 cores, Debian 12",
    "seconds": 1234.5,
    "evaluated": 200,
    "kept": 100,
    "per_second": 2.5,
    "operators": {
        "zero-one": {"kept": 60, "survived": 5, "alike": 10, "crashed": 15, "hung": 0, "duplicate": 10},
        "boundary": {"kept": 40, "survived": 15, "alike": 20, "crashed": 5, "hung": 20, "duplicate": 0},
        "idle": {"kept": 0, "survived": 0, "alike": 0, "crashed": 0, "hung": 0, "duplicate": 0},
    },
    "levels": {"1": {"tried": 150, "kept": 90}, "2": {"tried": 50, "kept": 10}},
    "programs": {"heater": {"tried": 200, "kept": 100, "killed": 180}},
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "yield.json"
    path.write_text(json.dumps({**SAMPLE, **changes}))
    return path


def test_the_totals_say_yield_kill_rate_hangs_and_rate(tmp_path: Path) -> None:
    totals = gate_stats(written(tmp_path)).totals
    assert totals["yield"] == 0.5
    assert totals["killed by visible tests, of those that were killed or survived"] == 0.9
    assert totals["hangs, of those tried"] == 0.1
    assert totals["near-duplicates dropped"] == 10
    assert totals["gate"] == "2.5 tasks/s, 1,234 s in all, on 2 cores, Debian 12"


def test_each_operator_level_and_program_has_a_row(tmp_path: Path) -> None:
    operators, levels, programs = gate_stats(written(tmp_path)).tables
    assert operators.rows[0] == ("boundary", 100, 40, 0.4, 15, 20, 5, 20, 0)
    assert operators.rows[1][:4] == ("idle", 0, 0, "–")
    assert levels.rows == [("1", 150, 90, 0.6), ("2", 50, 10, 0.2)]
    assert programs.rows == [("heater", 200, 100, 0.5, 180)]
    assert all(len(row) == len(table.headings) for table in (operators, levels, programs) for row in table.rows)


def test_without_the_file_the_command_that_writes_it_is_named(tmp_path: Path) -> None:
    stats = gate_stats(tmp_path / "yield.json")
    assert "python -m agentgym.environments.code_repair.gate" in stats.notes[0]


def test_every_fault_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        gate_stats(written(tmp_path, kept=-1, levels={"1": {"tried": 1}}))
    assert [fault.partition(":")[0] for fault in caught.value.faults[1:]] == ["kept", "levels.1.kept"]
