"""Programs and machines that are judged in boxes, and why they fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from autopsy_plays import causes, main_cause, played

from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.environments.linux_config.env import LinuxConfigEnv
from agentgym.message import Message, call
from agentgym.report.autopsy import Cause, findings
from agentgym.report.autopsy.calls import Call
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task

SUBMIT, RUN_TESTS = call("submit"), call("run_tests")
FILE = "intervals.py"
NEVER, STALE = (Cause.NO_TESTS, "never"), (Cause.NO_TESTS, "not after the last change")


@pytest.fixture(scope="module")
def repair(bubblewrap_backend: SandboxBackend) -> Iterator[CodeRepairEnv]:
    env = CodeRepairEnv(sandbox=bubblewrap_backend)
    yield env
    env.close()


@pytest.fixture(scope="module")
def linux(bubblewrap_backend: SandboxBackend) -> Iterator[LinuxConfigEnv]:
    env = LinuxConfigEnv(sandbox=bubblewrap_backend)
    yield env
    env.close()


@pytest.fixture(scope="module")
def task() -> Task:
    return CodeRepairEnv.tasks(Split.DEMO)[0]


@pytest.fixture(scope="module")
def ticket() -> Task:
    return LinuxConfigEnv.tasks(Split.DEMO)[0]


def changed(task: Task, old: str = "return", new: str = "return  ") -> Message:
    text = task.files[FILE]
    return call("write_file", path=FILE, content=text.replace(old, new))


def test_successes_have_no_cause_and_submitting_at_once_is_giving_up(
    repair: CodeRepairEnv, linux: LinuxConfigEnv, task: Task, ticket: Task
) -> None:
    for env, one in ((repair, task), (linux, ticket)):
        assert causes(played(env, one, env.oracle(one))) == []
        assert main_cause(played(env, one, env.noop(one))) == (Cause.GAVE_UP, "submitted at once")


def test_looking_around_and_submitting_is_giving_up(repair: CodeRepairEnv, task: Task) -> None:
    looks = [call("read_file", path=FILE), RUN_TESTS, call("bash", command="ls -la && cat *.py | grep def"), SUBMIT]
    assert causes(played(repair, task, looks))[0] == (Cause.GAVE_UP, "changed nothing")
    missed = [call("replace_in_file", path=FILE, old="no such line", new="x"), SUBMIT]
    assert main_cause(played(repair, task, missed)) == (Cause.GAVE_UP, "changed nothing")


def test_a_change_without_a_test_run(repair: CodeRepairEnv, task: Task) -> None:
    assert main_cause(played(repair, task, [changed(task), SUBMIT])) == NEVER
    assert main_cause(played(repair, task, [RUN_TESTS, changed(task), SUBMIT])) == STALE
    tested = causes(played(repair, task, [changed(task), call("bash", command="python3 -m pytest -q"), SUBMIT]))
    again = played(repair, task, [changed(task), RUN_TESTS, call("bash", command="python3 intervals.py"), SUBMIT])
    assert causes(again) == tested == [(Cause.VALUE, "behaviour"), (Cause.VALUE, "visible tests")]


def test_a_program_that_cannot_be_read(repair: CodeRepairEnv, task: Task) -> None:
    broken = played(repair, task, [changed(task, "return", "return )"), RUN_TESTS, SUBMIT])
    assert main_cause(broken) == (Cause.STRUCTURE, "unreadable program")


def test_cheats_and_changed_tests(repair: CodeRepairEnv, task: Task) -> None:
    found = causes(played(repair, task, repair.cheats["no-assertions"](task)))
    assert found[0] == (Cause.CHEAT, "tests changed")
    assert (Cause.WRONG_FILE, "only tests changed") in found
    gone = causes(played(repair, task, repair.cheats["missing-source"](task)))
    assert gone[:2] == [(Cause.CHEAT, "missing source"), (Cause.WRONG_FILE, "files")]


def test_goals_missed_and_what_had_to_stay(linux: LinuxConfigEnv, ticket: Task) -> None:
    assert causes(played(linux, ticket, linux.cheats["profile"](ticket))) == [(Cause.VALUE, "goal")]
    emptied = played(linux, ticket, linux.cheats["empty-everything"](ticket))
    assert main_cause(emptied) == (Cause.WRONG_FILE, "what must stay")
    assert main_cause(played(linux, ticket, linux.cheats["replace-python"](ticket))) == (
        Cause.CHEAT,
        "programs changed",
    )


def test_a_verdict_of_its_own_and_a_box_that_cannot_be_judged(linux: LinuxConfigEnv, ticket: Task) -> None:
    assert main_cause(played(linux, ticket, linux.cheats["comments"](ticket))) == (Cause.CHEAT, "forged verdict")
    flooded = played(linux, ticket, linux.cheats["special-files"](ticket))
    assert main_cause(flooded) == (Cause.WRONG_FILE, "artefacts")


def test_a_box_that_the_policy_broke(linux: LinuxConfigEnv, ticket: Task) -> None:
    broken = played(linux, ticket, [call("bash", command="ls"), call("bash", command="kill -9 -1; kill -9 1")])
    (finding,) = findings(broken)
    assert (finding.cause, finding.detail, finding.turn) == (Cause.BROKE_BOX, "box", 1)
    assert finding.evidence.startswith('bash({"command": "kill -9 -1; kill -9 1"}) → box ')


@pytest.mark.parametrize(
    ("command", "looks"),
    [
        ("ls -la; cat a.py | grep def", True),
        ("cd /work && git diff", True),
        ("sed -n 1,5p a.py", True),
        ("sed -i s/a/b/ a.py", False),
        ("cat a.py > b.py", False),
        ("find . -name '*.py'", True),
        ("find . -name '*.py' -delete", False),
        ("ls && rm a.py", False),
        ("python3 fix.py", False),
    ],
)
def test_commands_that_only_look(command: str, looks: bool) -> None:
    assert Call(0, "bash", {"command": command}, "", "").only_looks is looks


@pytest.mark.parametrize(
    ("name", "command", "runs"),
    [
        ("run_tests", "", True),
        ("test", "", True),
        ("bash", "pytest -q", True),
        ("bash", "cd /work && python3 test_money.py", True),
        ("bash", "make test", True),
        ("bash", "python3 money.py", False),
        ("bash", "cat latest.txt", False),
    ],
)
def test_calls_that_run_tests(name: str, command: str, runs: bool) -> None:
    assert Call(0, name, {"command": command}, "", "").runs_tests is runs
