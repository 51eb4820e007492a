from typing import Any

import pytest

from .errors import CircularJobs, ScheduleError, UnknownJob
from .job_scheduler import schedule


def test_a_job_runs_from_its_arrival() -> None:
    plan = schedule([{"name": "a", "duration": 3, "arrival": 2}])
    assert plan == {"runs": [["a", 1, 2, 5]], "end": 5, "waited": {"a": 0}}


def test_no_jobs_end_at_once() -> None:
    assert schedule([], 2) == {"runs": [], "end": 0, "waited": {}}


def test_the_highest_priority_comes_first() -> None:
    plan = schedule([{"name": "a", "duration": 2}, {"name": "b", "duration": 2, "priority": 1}])
    assert plan["runs"] == [["b", 1, 0, 2], ["a", 1, 2, 4]]
    assert plan["waited"] == {"b": 0, "a": 2}


def test_the_shortest_of_equals_comes_first() -> None:
    plan = schedule([{"name": "a", "duration": 4}, {"name": "c", "duration": 1}, {"name": "b", "duration": 1}])
    assert [run[0] for run in plan["runs"]] == ["b", "c", "a"]


def test_a_job_waits_for_others() -> None:
    jobs: list[dict[str, Any]] = [{"name": "last", "duration": 1, "priority": 9, "after": ["x", "y"]}]
    jobs += [{"name": "x", "duration": 2}, {"name": "y", "duration": 3}]
    plan = schedule(jobs, 2)
    assert plan["runs"] == [["x", 1, 0, 2], ["y", 2, 0, 3], ["last", 1, 3, 4]]
    assert plan["waited"]["last"] == 0


def test_free_workers_are_used() -> None:
    plan = schedule([{"name": name, "duration": 2} for name in "abc"], 2)
    assert plan["runs"] == [["a", 1, 0, 2], ["b", 2, 0, 2], ["c", 1, 2, 4]]
    assert plan["end"] == 4


def test_who_waits_becomes_urgent() -> None:
    jobs: list[dict[str, Any]] = [{"name": "long", "duration": 5, "priority": 2}, {"name": "old", "duration": 3}]
    jobs.append({"name": "new", "duration": 1, "arrival": 4, "priority": 1})
    assert [run[0] for run in schedule(jobs)["runs"]] == ["long", "new", "old"]
    jobs[0]["duration"] = 10
    assert [run[0] for run in schedule(jobs)["runs"]] == ["long", "new", "old"]
    jobs[2]["arrival"] = 6
    assert [run[0] for run in schedule(jobs)["runs"]] == ["long", "old", "new"]


def test_two_jobs_of_one_name() -> None:
    with pytest.raises(ScheduleError, match="two jobs a"):
        schedule([{"name": "a", "duration": 1}, {"name": "a", "duration": 2}])


def test_a_job_takes_time() -> None:
    with pytest.raises(ScheduleError, match="below 1"):
        schedule([{"name": "a", "duration": 0}])


def test_a_worker_is_needed() -> None:
    with pytest.raises(ScheduleError, match="worker"):
        schedule([], 0)


def test_what_a_job_needs_must_be_there() -> None:
    with pytest.raises(UnknownJob, match="a needs z"):
        schedule([{"name": "a", "duration": 1, "after": ["z"]}])


def test_circles_are_found() -> None:
    jobs: list[dict[str, Any]] = [
        {"name": "a", "duration": 1, "after": ["b"]},
        {"name": "b", "duration": 1, "after": ["a"]},
    ]
    with pytest.raises(CircularJobs) as caught:
        schedule([*jobs, {"name": "c", "duration": 1}])
    assert caught.value.names == ["a", "b"]
