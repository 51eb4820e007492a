"""Checkpoints count only when they are whole."""

from __future__ import annotations

import pytest

from agentgym.errors import StoreError
from agentgym.trainers.record import checkpoints
from agentgym.trainers.record.steps import StepLog, read_steps


def test_the_newest_whole_checkpoint_is_found_and_halves_are_removed(tmp_path):
    for step in (2, 10, 12):
        (tmp_path / f"checkpoint-{step}").mkdir()
    checkpoints.complete(tmp_path / "checkpoint-2", {"player": {}})
    checkpoints.complete(tmp_path / "checkpoint-10", {"player": {"cursor": 7}})
    found = checkpoints.latest(tmp_path)
    assert found == tmp_path / "checkpoint-10"
    assert checkpoints.step_of(found) == 10
    assert checkpoints.state_of(found) == {"player": {"cursor": 7}}
    assert not (tmp_path / "checkpoint-12").exists()


def test_there_may_be_none(tmp_path):
    assert checkpoints.latest(tmp_path / "nowhere") is None
    assert checkpoints.step_of(None) == 0


def test_a_damaged_state_names_the_file(tmp_path):
    (tmp_path / "checkpoint-1").mkdir()
    (tmp_path / "checkpoint-1" / checkpoints.STATE).write_text("{")
    with pytest.raises(StoreError, match=r"checkpoint-1.*go on from the one before"):
        checkpoints.state_of(tmp_path / "checkpoint-1")


def test_a_run_that_goes_on_writes_later_updates_anew(tmp_path):
    log = StepLog(tmp_path, keep=0)
    for step in (1, 2, 3):
        log.append(step, {"loss": step / 10, "grad_norm": float("nan")})
    with (tmp_path / "steps.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')
    StepLog(tmp_path, keep=2).append(3, {"loss": 9.0})
    assert [(line["step"], line["loss"]) for line in read_steps(tmp_path)] == [(1, 0.1), (2, 0.2), (3, 9.0)]
    assert next(read_steps(tmp_path))["grad_norm"] is None
