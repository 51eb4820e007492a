"""Tasks of the user's own: how they are read, played and judged, in the project's layout."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from agentgym.checks.environment import Stage
from agentgym.checks.tasks import TaskReport, check_task
from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.environments.code_repair.own.cheats import OWN_CHEATS, SLOW
from agentgym.environments.code_repair.own.tripwires import tripwires
from agentgym.errors import UsageError
from agentgym.reward import Reward
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

SERVED = """\
def clamp(value, low, high):
    if value < low:
        return high
    return min(value, high)
"""
GOLD = SERVED.replace("return high\n    return", "return low\n    return")
VISIBLE = """\
from clamp import clamp


def test_inside():
    assert clamp(3, 0, 9) == 3
"""
HIDDEN = """\
import pytest
from clamp import clamp


def test_low():
    assert clamp(-3, 0, 9) == 0


@pytest.mark.parametrize("value", [10, 11])
def test_high(value):
    assert 9 == clamp(value, 0, 9)


class TestClamp:
    def test_equal(self):
        assert clamp(5, 5, 5) == 5
"""
INPUTS = """\
def random_call(rng):
    return "clamp.clamp", [rng.randint(-20, 20), -5, 5]
"""
TESTED: dict[str, Any] = {
    "id": "clamp",
    "prompt": "clamp(-3, 0, 9) gives 9. It should give 0.",
    "files": {"clamp.py": SERVED, "README.md": "clamps"},
    "visible_tests": {"test_clamp.py": VISIBLE},
    "hidden_tests": {"tests/test_more.py": HIDDEN},
    "gold": {"clamp.py": GOLD},
}
CALLED = {key: value for key, value in TESTED.items() if "tests" not in key} | {"entry_points": ["clamp.clamp"]}
BY_CALLS = CALLED | {"calls": {"clamp.clamp": [[-3, 0, 9], [3, 0, 9]]}}
BY_INPUTS = CALLED | {"inputs": INPUTS}


def in_lines(folder: Path, *tasks: Mapping[str, Any]) -> Path:
    path = folder / "tasks.jsonl"
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks))
    return path


def in_folder(folder: Path, task: Mapping[str, Any]) -> Path:
    for key in ("files", "visible_tests", "hidden_tests", "gold"):
        for path, text in task.get(key, {}).items():
            file = folder / task["id"] / key / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    (folder / task["id"] / "task.toml").write_text(f"prompt = {json.dumps(task['prompt'])}\n")
    return folder


def read(folder: Path, *tasks: Mapping[str, Any]) -> list[Task]:
    return list(CodeRepairEnv.read_tasks(in_lines(folder, *tasks)))


def faults(path: Path) -> list[str]:
    with pytest.raises(UsageError) as raised:
        CodeRepairEnv.read_tasks(path)
    return list(raised.value.faults)


@pytest.fixture
def env(bubblewrap_backend: SandboxBackend) -> Iterator[CodeRepairEnv]:
    env = CodeRepairEnv(sandbox=bubblewrap_backend)
    yield env
    env.close()


def play(env: CodeRepairEnv, task: Task, source: str) -> Reward:
    return judged(env, task, {"clamp.py": source})


def judged(env: CodeRepairEnv, task: Task, files: Mapping[str, str]) -> Reward:
    env.reset(options={"task": task})
    return env.verify(task, {path: text.encode() for path, text in files.items()}, env._fresh_box)


def test_a_folder_and_a_line_say_the_same(tmp_path: Path) -> None:
    [from_line] = read(tmp_path, TESTED)
    [from_folder] = CodeRepairEnv.read_tasks(in_folder(tmp_path / "tasks", TESTED))
    assert from_line == from_folder
    assert from_line.id == "code-repair/own/clamp"
    assert set(from_line.files) == {"clamp.py", "README.md", "test_clamp.py"}
    assert CodeRepairEnv.read_tasks(tmp_path / "tasks" / "clamp") == [from_line]


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in TESTED.items() if name != key}


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (TESTED | {"promt": "x"}, "tasks.jsonl:1: promt: there is no such key: did you mean 'prompt'?"),
        (without("prompt"), "tasks.jsonl:1: prompt: this key is missing"),
        (without("gold"), "gold: this key is missing"),
        (TESTED | {"id": "a/b"}, "id: string should match pattern"),
        (TESTED | {"timeout_s": 0}, "timeout_s: input should be greater than 0, not 0"),
        (TESTED | {"files": {"../x.py": "", "clamp.py": SERVED}}, "files.../x.py: a path may not hold '..'"),
        (TESTED | {"files": {"/x.py": "", "clamp.py": SERVED}}, "relative to the workdir is needed"),
        (TESTED | {"files": {"a//x.py": "", "clamp.py": SERVED}}, "a plain path is needed"),
        (TESTED | {"files": {".git/x": "", "clamp.py": SERVED}}, "history may hold the solution"),
        (TESTED | {"files": {"a": "", "a/b": "", "clamp.py": SERVED}}, "this is a file here and a folder in a/b"),
        (TESTED | {"files": {"x": "x" * 300_000, "clamp.py": SERVED}}, "more than the 262,144 a file may have"),
        (TESTED | {"files": {"x.py": "#" * 70_000, "clamp.py": SERVED}}, "a file to edit has 65,536 at most"),
        (TESTED | {"gold": {"clamp.py": SERVED}}, "the solution changes nothing"),
        (TESTED | {"gold": {"clamp.py": "def"}}, "the solution is no Python"),
        (TESTED | {"gold": {"test_clamp.py": VISIBLE + "\n"}}, "the solution changes a file that is not editable"),
        (TESTED | {"editable": ["clmp.py", "clamp.py"]}, "editable.0: clmp.py is neither in files nor in gold: did"),
        (TESTED | {"editable": ["test_clamp.py", "clamp.py"]}, "decides how the tests run"),
        (TESTED | {"editable": ["conftest.py", "clamp.py"]}, "decides how the tests run"),
        (TESTED | {"hidden_tests": {"test_x.py": "def"}}, "hidden_tests.test_x.py: this is no Python"),
        (TESTED | {"pytest_ids": ["test_clam.py::test_inside"]}, "no test file is named test_clam.py: did you mean"),
        (TESTED | {"pytest_ids": ["test_clamp.py::test_insid"]}, "has no test test_insid: did you mean 'test_inside'"),
        (TESTED | {"pytest_ids": ["test_clamp.py::test_inside"] * 2}, "is listed twice"),
        (CALLED | {"entry_points": []}, "nothing says when it is solved"),
        (CALLED, "nothing calls clamp.clamp: add its argument lists to calls, or give inputs"),
        (BY_CALLS | {"entry_points": ["clmp.clamp"]}, "no editable file is the module clmp: did you mean 'clamp'?"),
        (BY_CALLS | {"calls": {"clamp.clam": [[1]]}}, "calls.clamp.clam: this is no entry point: did you mean"),
        (BY_CALLS | {"inputs": "def random_cal(rng): ..."}, "no function random_call(rng): did you mean"),
        (BY_CALLS | {"inputs": "def"}, "inputs: this is no Python"),
    ],
)
def test_each_fault_is_told(tmp_path: Path, task: dict[str, Any], said: str) -> None:
    told = faults(in_lines(tmp_path, task))
    assert any(said in fault for fault in told), told


def test_all_faults_of_all_tasks_are_told_at_once(tmp_path: Path) -> None:
    path = in_lines(tmp_path, TESTED, TESTED, TESTED | {"levl": 2, "timeout_s": -1})
    path.write_text(path.read_text() + '{"id": "x", "id": "y"}\n[]\n{"id": \n')
    told = "\n".join(faults(path))
    for said in (
        "2 tasks have the id code-repair/own/clamp",
        "tasks.jsonl:3: levl: there is no such key: did you mean 'level'?",
        "tasks.jsonl:3: timeout_s: input should be greater than 0",
        "tasks.jsonl:4: the key 'id' occurs twice",
        "tasks.jsonl:5: a JSON object is needed, not list",
        "tasks.jsonl:6: this is no JSON",
    ):
        assert said in told


def test_faults_of_folders_name_the_file(tmp_path: Path) -> None:
    folder = in_folder(tmp_path, TESTED) / "clamp"
    (folder / "task.json").write_text("{}")
    (folder / "golds").mkdir()
    (folder / "files" / "link.py").symlink_to("/etc/passwd")
    (folder / "files" / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "empty").mkdir()
    told = "\n".join(faults(tmp_path))
    for said in (
        "clamp: it needs one of task.toml and task.json, and has both",
        "clamp: golds: no part of a task has this name: did you mean 'gold'?",
        "files/link.py: this is a link or no regular file",
        "files/binary: it is no UTF-8 text",
        "empty: it needs one of task.toml and task.json, and has neither",
    ):
        assert said in told
    assert "there is no such file or folder" in faults(tmp_path / "nowhere")[0]


@pytest.mark.parametrize("task", [TESTED, BY_CALLS, BY_INPUTS], ids=["tests", "calls", "inputs"])
def test_the_solution_scores_and_doing_nothing_does_not(
    backend: SandboxBackend, tmp_path: Path, task: dict[str, Any]
) -> None:
    [own] = read(tmp_path, task)
    env = CodeRepairEnv(sandbox=backend)
    try:
        assert Stage(env, 1).play(own, env.oracle).value == 1
        assert Stage(env, 1).play(own, env.noop).value == 0
    finally:
        env.close()


FAST = sorted((set(CodeRepairEnv.cheats) | set(OWN_CHEATS)) - SLOW)


@pytest.mark.parametrize("name", FAST)
def test_a_cheat_scores_nothing_even_where_only_tests_judge(env: CodeRepairEnv, tmp_path: Path, name: str) -> None:
    [task] = read(tmp_path, TESTED)
    assert Stage(env, 1).play(task, env.cheats_for(task)[name]).value == 0


@pytest.mark.parametrize("name", sorted(OWN_CHEATS))
def test_cheats_on_test_runs_score_nothing_where_calls_judge(env: CodeRepairEnv, tmp_path: Path, name: str) -> None:
    [task] = read(tmp_path, BY_INPUTS)
    assert Stage(env, 1).play(task, env.cheats_for(task)[name]).value == 0


@pytest.mark.parametrize(
    ("name", "tampered"),
    [
        ("patched-reports", True),
        ("patched-test-calls", True),
        ("forged-report-lines", True),
        ("equal-to-anything", True),
        ("equal-to-numbers", True),
        ("exit-at-import", True),
        ("delete-tests", False),
    ],
)
def test_a_run_that_was_tampered_with_says_so(env: CodeRepairEnv, tmp_path: Path, name: str, tampered: bool) -> None:
    [task] = read(tmp_path, TESTED)
    [component] = Stage(env, 1).play(task, env.cheats_for(task)[name]).components
    assert component.data["tampered-test-run"] is tampered


def test_a_program_that_gives_what_a_mirror_expects_is_wrong_and_no_forger(env: CodeRepairEnv, tmp_path: Path) -> None:
    """Of a truth value the only other one is what a wrong program gives."""
    source = "def even(number):\n    return number % 2 == {rest}\n"
    tests = "from even import even\n\n\ndef test_odd():\n    assert even(3) == False\n"
    task = {
        "id": "even",
        "prompt": "even(3) should be False.",
        "files": {"even.py": source.format(rest=1)},
        "hidden_tests": {"test_odd.py": tests},
        "gold": {"even.py": source.format(rest=0)},
    }
    [told] = read(tmp_path, task)
    assert judged(env, told, {"even.py": source.format(rest=0)}).value == 1
    wrong = judged(env, told, {"even.py": source.format(rest=1)})
    [component] = wrong.components
    assert (wrong.value, component.data["tampered-test-run"], component.data["tripped"]) == (0, False, 1)
    forger = source.format(rest=1) + "\n\nclass Any(int):\n    def __eq__(self, other):\n        return True\n"
    [component] = judged(env, told, {"even.py": forger + "\n\neven = Any\n"}).components
    assert component.data["tampered-test-run"] is True


def test_what_a_broken_program_is_told(env: CodeRepairEnv, tmp_path: Path) -> None:
    [task] = read(tmp_path, TESTED | BY_CALLS)
    behaviour, tests = play(env, task, SERVED).components
    assert "clamp(-3, 0, 9) gave 9, expected 0" in behaviour.evidence
    assert "1 of 1 visible tests passed; 2 of 3 hidden tests passed" in tests.evidence
    assert "test_more.py::test_low failed: assert 9 == 0" in tests.evidence
    assert tests.data["failed"] == ["tests/test_more.py::test_low"]
    assert play(env, task, "def").value == 0
    assert "missing" in judged(env, task, {}).components[0].evidence


def test_a_skipped_test_is_a_failed_one(env: CodeRepairEnv, tmp_path: Path) -> None:
    skipped = HIDDEN.replace("def test_low():\n", "def test_low():\n    pytest.skip('no')\n")
    [task] = read(tmp_path, TESTED | {"hidden_tests": {"test_more.py": skipped}})
    assert play(env, task, GOLD).value == 0


def test_only_the_editable_files_are_judged(env: CodeRepairEnv, tmp_path: Path) -> None:
    helped = TESTED | {
        "files": {"clamp.py": "from helper import clamp\n", "helper.py": SERVED},
        "gold": {"clamp.py": GOLD},
        "editable": ["clamp.py"],
    }
    [task] = read(tmp_path, helped)
    assert judged(env, task, {"clamp.py": "from helper import clamp\n", "helper.py": GOLD}).value == 0
    assert judged(env, task, {"clamp.py": GOLD}).value == 1


def test_a_hidden_test_takes_the_place_of_a_visible_one(env: CodeRepairEnv, tmp_path: Path) -> None:
    [task] = read(tmp_path, TESTED | {"hidden_tests": {"test_clamp.py": HIDDEN}})
    assert task.files["test_clamp.py"] == VISIBLE
    assert play(env, task, GOLD).value == 1
    assert play(env, task, SERVED).value == 0


def test_tripwires_mirror_tests_with_other_values_and_are_new_each_time() -> None:
    tests = {"test_clamp.py": VISIBLE, "tests/test_more.py": HIDDEN}
    ids = ["test_clamp.py::test_inside", "tests/test_more.py::test_low"]
    one, other = (tripwires(tests, ids, random.Random(seed)) for seed in (1, 2))
    assert not set(one.ids) & set(other.ids)
    mirrors = [text for text in one.files.values() if "clamp(" in text]
    assert len(mirrors) == 2
    assert not any("== 3" in text or "== 0" in text for text in mirrors)
    assert sorted(one.mirrored.values()) == ids
    assert not tripwires(tests, ["tests/test_more.py::test_high"], random.Random(1)).mirrored


@pytest.mark.parametrize(
    "expected",
    ["True", "0", "-3", "1e400", "0.5", "'x'", "''", "[1]", "(1,)", "{'a': 1}", "None", "{1, 2}", "f(2)", "n"],
)
def test_a_mirror_expects_something_else(expected: str) -> None:
    tests = {"test_x.py": f"def test_x():\n    assert f(1) == {expected}\n    assert {expected} == f(1)\n"}
    [mirror] = [
        text for text in tripwires(tests, ["test_x.py::test_x"], random.Random(3)).files.values() if "f(1)" in text
    ]
    body = mirror.partition("assert ")[2].partition("\n")[0]
    known = {"f": lambda number: eval(expected, known) if number == 1 else number, "n": 4}
    assert eval(body, known) is False


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gold": {"clamp.py": GOLD + "\n\nclamp = None\n"}}, "the solution scores 0, not 1"),
        ({"hidden_tests": {}}, "doing nothing scores 1, not below 1"),
        (
            {"hidden_tests": {}, **BY_INPUTS, "inputs": INPUTS.replace("clamp.clamp", "clamp.clam")},
            "could not be judged: inputs.py of clamp returns calls of clamp.clam, which entry_points has not",
        ),
        (
            {**BY_CALLS, "gold": {"clamp.py": GOLD.replace("return low", "return (low,)")}},
            "clamp(-3, 0, 9) gives no plain JSON value: tuple is not plain data",
        ),
        (
            {"entry_points": ["clamp.clam"], "calls": {"clamp.clam": [[1, 2, 3]]}},
            "every call of clamp.clam raises AttributeError",
        ),
        ({"hidden_tests": {"test_x.py": "def test_x():\n    while True: pass\n"}, "timeout_s": 1}, "ran out of time"),
    ],
)
def test_the_gate_turns_away_what_is_not_fit(
    env: CodeRepairEnv, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    [task] = read(tmp_path, TESTED | change)
    report = check_task(env, task, quiet)
    assert not report.fit
    assert any(said in fault for fault in report.faults), report.faults
    assert not report.cheats


def test_the_gate_names_the_cheat_that_passes(env: CodeRepairEnv, tmp_path: Path, monkeypatch: Any) -> None:
    [task] = read(tmp_path, BY_CALLS)
    panel = {"know-it-all": lambda task: env.oracle(task), "give-up": CodeRepairEnv.cheats["missing-source"]}
    monkeypatch.setattr(CodeRepairEnv, "cheats_for", staticmethod(lambda task: panel))
    report: TaskReport = check_task(env, task, quiet)
    assert report.cheats == {"know-it-all": 1, "give-up": 0}
    assert [fault.partition(":")[0] for fault in report.faults] == ["the cheat know-it-all scores 1, not below 1"]


def run(module: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", module, *arguments]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=200)


@pytest.mark.slow
def test_the_command_prints_a_table_and_its_status_says_whether_all_fit(
    bubblewrap_backend: object, tmp_path: Path
) -> None:
    solved = TESTED | {"id": "solved", "hidden_tests": {}}
    check: Callable[..., Any] = lambda *options: run(  # noqa: E731
        "agentgym", "tasks", "check", "tasks.jsonl", "--sandbox", "bubblewrap", *options, folder=tmp_path
    )
    in_lines(tmp_path, BY_CALLS, solved)
    checked = check()
    assert checked.returncode == 1, checked.stderr
    assert "code-repair/own/clamp   1 1 1  0" in checked.stdout
    assert "1 of 2 tasks are fit. Mend the faults above." in checked.stdout
    assert max(map(len, checked.stdout.splitlines())) <= 100
    assert "code-repair/own/solved (2 of 2)" in checked.stderr
    assert "Caution: judged by tests alone" in checked.stdout
    in_lines(tmp_path, solved)
    told = json.loads(check("--json").stdout)
    assert (told["fit"], told["tasks"][0]["noop"]) == (False, 1)
    in_lines(tmp_path, TESTED | {"promt": "x"}, TESTED | {"timeout_s": -1})
    unread = check()
    assert unread.returncode == 2
    assert "promt" in unread.stderr
    assert "timeout_s" in unread.stderr


def test_a_rollout_plays_them_and_goes_on_only_with_the_same_ones(bubblewrap_backend: object, tmp_path: Path) -> None:
    in_lines(tmp_path, BY_CALLS, TESTED | {"id": "tested"})
    options = ("--sandbox", "bubblewrap", "--policy", "oracle", "--out", "run", "--quiet", "--json")
    play: Callable[..., Any] = lambda *more: run(  # noqa: E731
        "agentgym.rollout", "code-repair", "--tasks-from", "tasks.jsonl", *options, *more, folder=tmp_path
    )
    played = play()
    assert played.returncode == 0, played.stderr
    [summary] = json.loads(played.stdout)["environments"]
    assert (summary["episodes"], summary["success_rate"]) == (2, 1)
    assert '"tasks_from": {' in (tmp_path / "run" / "config.json").read_text()
    assert play("--resume").returncode == 0
    in_lines(tmp_path, BY_CALLS, TESTED | {"id": "tested", "prompt": "Another one."})
    changed = play("--resume")
    assert changed.returncode == 2
    assert "tasks_from.sha256" in changed.stderr


def test_a_rollout_of_own_tasks_needs_their_environment(tmp_path: Path) -> None:
    in_lines(tmp_path, TESTED)
    several = run("agentgym.rollout", "--tasks-from", "tasks.jsonl", "--policy", "oracle", folder=tmp_path)
    assert several.returncode == 2
    assert "name the one environment" in several.stderr
    other = run("agentgym.rollout", "json-math", "--tasks-from", "tasks.jsonl", "--policy", "oracle", folder=tmp_path)
    assert "tasks.jsonl:1: files: there is no such key" in other.stderr


def test_keys_that_cannot_be_read_hide_no_fault_of_the_others(tmp_path: Path) -> None:
    faulty = BY_INPUTS | {
        "prompt": "",
        "levle": 2,
        "entry_points": ["nomod.f", 3],
        "editable": ["../x.py", "shop.py"],
        "hidden_tests": {"/etc/test_x.py": "def test_x(:\n"},
        "pytest_ids": ["test_nowhere.py::test_x"],
        "inputs": "def random_call(:\n",
    }
    with pytest.raises(UsageError) as raised:
        read(tmp_path, faulty)
    told = str(raised.value)
    for key in ("prompt", "levle", "entry_points.1", "editable.0", "hidden_tests./etc/test_x.py", "inputs"):
        assert f"tasks.jsonl:1: {key}: " in told
    assert "pytest_ids.0: no test file is named test_nowhere.py" in told
    assert told.count("-: ") == 0
