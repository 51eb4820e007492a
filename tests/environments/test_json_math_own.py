"""Problems of the user's own: how they are read, what is told of their faults, and that they are played and judged."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agentgym import cli
from agentgym.checks.environment import Stage
from agentgym.checks.tasks import check_task
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.environments.json_math.own.parts import KINDS
from agentgym.environments.json_math.verify import verify
from agentgym.errors import UsageError
from agentgym.task import Task

EXAMPLE = Path(__file__).parents[2] / "examples" / "tasks" / "problems.jsonl"
PARTS: Mapping[str, dict[str, Any]] = {
    "integer": {"key": "count", "ask": "how many", "kind": "integer", "gold": 12},
    "integers": {"key": "residues", "kind": "integers", "gold": [1, -4, 7], "is_reason": True},
    "fraction": {"key": "share", "kind": "fraction", "gold": "-3/4"},
    "choice": {"key": "rule", "kind": "choice", "options": ["a", "b"], "gold": "b"},
    "digits": {"key": "result", "kind": "digits", "gold": "0118"},
    "closed_form": {"key": "form", "kind": "closed_form", "gold": "1/n", "first_n": 1},
    "constant": {"key": "value", "kind": "constant", "gold": "3/4 + 2"},
}
PROBLEM: dict[str, Any] = {"id": "one", "statement": "Count.", "parts": [PARTS["integer"]]}
RELATED: dict[str, Any] = {
    "id": "related",
    "statement": "Count.",
    "level": 3,
    "family": "counts",
    "parts": [
        {"key": "total", "kind": "integer", "gold": 17},
        {"key": "rows", "kind": "integer", "gold": 3, "is_reason": True},
        {"key": "columns", "kind": "integer", "gold": 5, "is_reason": True},
        {"key": "rest", "kind": "integer", "gold": 2, "is_reason": True},
    ],
    "relations": {"total": [["rows", "columns"], ["rest"]]},
}


def in_lines(folder: Path, *problems: object) -> Path:
    path = folder / "problems.jsonl"
    path.write_text("".join(json.dumps(problem) + "\n" for problem in problems))
    return path


def read(folder: Path, *problems: object) -> list[Task]:
    return list(JsonMathEnv.read_tasks(in_lines(folder, *problems)))


def told(folder: Path, *problems: object) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read(folder, *problems)
    return [fault.removeprefix(f"{folder}/problems.jsonl") for fault in caught.value.faults]


def with_part(kind: str, /, **changes: Any) -> dict[str, Any]:
    return PROBLEM | {"parts": [PARTS[kind] | changes]}


@pytest.mark.parametrize("kind", PARTS)
def test_every_kind_of_part_can_be_asked_for(tmp_path: Path, kind: str) -> None:
    [task] = read(tmp_path, with_part(kind))
    env = JsonMathEnv(scratchpad=False)
    assert Stage(env, 1).play(task, env.oracle).value == 1.0
    assert Stage(env, 1).play(task, env.noop).value == 0.0
    for name, script in env.cheats_for(task).items():
        assert Stage(env, 1).play(task, script).value == 0.0, name


def test_the_kinds_of_parts_are_those_that_there_are() -> None:
    assert set(KINDS) == {*PARTS, "text", "program"}


def test_a_task_says_what_the_problem_says(tmp_path: Path) -> None:
    [first, second] = read(tmp_path, PROBLEM, RELATED)
    assert (first.id, first.index, first.family, first.level) == ("json-math/own/one", 0, "own", 1)
    assert (second.id, second.index, second.family, second.level) == ("json-math/own/related", 1, "counts", 3)
    assert second.secret["reasons"] == ["rows", "columns", "rest"]
    assert first.prompt.startswith('Count.\n\nSubmit one JSON object with these keys:\n- "count": how many\n')
    env = JsonMathEnv(scratchpad=False)
    reward = Stage(env, 1).play(second, env.cheats["one-wrong-reason"])
    assert [c.name for c in reward.components if not c.value] == ["reason:rest", "relation:total"]
    assert len(env.examples(second, 2)) == 2


def test_a_folder_has_a_problem_in_each_file(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "b.json").write_text(json.dumps(RELATED))
    (folder / "a.json").write_text(json.dumps({key: PROBLEM[key] for key in ("statement", "parts")}, indent=2))
    (folder / "notes.txt").write_text("not a problem")
    tasks = JsonMathEnv.read_tasks(folder)
    assert [task.id for task in tasks] == ["json-math/own/a", "json-math/own/related"]
    assert JsonMathEnv.read_tasks(folder / "a.json") == tasks[:1]


@pytest.mark.parametrize(
    ("problem", "fault"),
    [
        (PROBLEM | {"levle": 2}, ":1: levle: there is no such key: did you mean 'level'?"),
        (PROBLEM | {"level": 6}, ":1: level: input should be less than or equal to 5, not 6"),
        (PROBLEM | {"statement": ""}, ":1: statement: string should have at least 1 character, not ''"),
        ({"statement": "x", "parts": [PARTS["integer"]]}, ":1: id: this key is missing"),
        (PROBLEM | {"parts": []}, ":1: parts: at least 1 item is needed, not 0"),
        (PROBLEM | {"parts": [5]}, ":1: parts.0: an object with key, ask, kind and gold is needed, not 5"),
        (
            with_part("integer", kind="interger"),
            ":1: parts.0.kind: there is no kind of this name: did you",
        ),
        (with_part("integer", kind=["integer"]), ":1: parts.0.kind: there is no kind of this name"),
        (with_part("integer", gold="12"), ":1: parts.0.gold: input should be a valid integer, not '12'"),
        (with_part("integer", gold=True), ":1: parts.0.gold: input should be a valid integer, not true"),
        (with_part("integer", gold=1.0), ":1: parts.0.gold: input should be a valid integer, not 1.0"),
        (with_part("integer", key="my count"), ":1: parts.0.key: string should match pattern"),
        (with_part("integer", reason=True), ":1: parts.0.reason: there is no such key: did you mean 'is_reason'?"),
        (with_part("integers", gold=[1, "2"]), ":1: parts.0.gold.1: input should be a valid integer, not '2'"),
        (with_part("fraction", gold="6/8"), ":1: parts.0.gold: write it in lowest terms, as \"3/4\", not '6/8'"),
        (with_part("fraction", gold=0.75), ":1: parts.0.gold: input should be a valid string, not 0.75"),
        (with_part("fraction", gold="1/0"), ":1: parts.0.gold: string should match pattern"),
        (with_part("choice", gold="c"), ":1: parts.0.gold: 'c' is none of the options"),
        (with_part("digits", gold="1 2"), ":1: parts.0.gold: string should match pattern"),
        (with_part("closed_form", gold="1/n", first_n=0), ":1: parts.0.gold: nothing can be judged with it: at n = 0"),
        (with_part("closed_form", gold="n +"), ":1: parts.0.gold: "),
        (with_part("closed_form", gold="9^9^9^9"), ":1: parts.0.gold: nothing can be judged with it: "),
        (with_part("constant", gold="3.14.15"), ":1: parts.0.gold: nothing can be judged with it: "),
        (PROBLEM | {"parts": [PARTS["integer"]] * 2}, ":1: parts: 2 parts have the key count: give each its own"),
        (
            RELATED | {"relations": {"total": [["rows", "column"]]}},
            ":1: relations.total: no integer part is named 'c",
        ),
        (
            RELATED | {"relations": {"total": [["rows"]]}},
            ":1: relations: it does not score 1: it does not hold",
        ),
        (RELATED | {"relations": {"total": []}}, ":1: relations.total: write at least one product of at least one key"),
        ([], ":1: a JSON object is needed, not list"),
    ],
)
def test_a_fault_says_where_it_is_and_what_to_write(tmp_path: Path, problem: Any, fault: str) -> None:
    [said] = told(tmp_path, problem)
    assert said.startswith(fault)


def test_constraints_of_an_unknown_kind_are_told(tmp_path: Path) -> None:
    prose = {"key": "text", "kind": "text", "gold": "Um dia.", "language": "pt", "constraints": [{"kind": "no-such"}]}
    [said] = told(tmp_path, PROBLEM | {"parts": [prose]})
    assert said.startswith(":1: parts.0.constraints.0.kind: there is no constraint of this kind")


def a_text(*constraints: dict[str, Any]) -> dict[str, Any]:
    part = {"key": "text", "ask": "a text", "kind": "text", "gold": "El puente es largo.", "language": "es"}
    return PROBLEM | {"parts": [part | {"constraints": [{"kind": "sentences", "exactly": 1}, *constraints]}]}


def test_the_language_of_a_text_is_asked_for_and_judged(tmp_path: Path) -> None:
    for problem in (a_text(), a_text({"kind": "language", "language": "es"})):
        (task,) = read(tmp_path, problem)
        assert task.prompt.count("in Spanish") == 1
        answer = b'{"text": "The bridge is long."}'
        assert verify(task, answer).value == 0


def test_a_text_of_two_languages_is_refused(tmp_path: Path) -> None:
    (fault,) = told(tmp_path, a_text({"kind": "language", "language": "pt"}))
    assert "parts.0.constraints.1.language" in fault
    assert "leave this constraint out" in fault


def test_every_fault_of_every_problem_is_told_at_once(tmp_path: Path) -> None:
    worse = {
        "id": "a b",
        "parts": [PARTS["integer"] | {"gold": "x"}, {"key": "y"}, PARTS["fraction"] | {"gold": "2/4"}],
    }
    said = told(tmp_path, PROBLEM | {"level": 0}, worse, RELATED)
    assert [fault.rpartition(": ")[0].partition(" ")[2].partition(":")[0] for fault in said] == [
        "level",
        "id",
        "statement",
        "parts.0.gold",
        "parts.1.kind",
        "parts.2.gold",
    ]


def test_golds_that_cannot_be_judged_hide_no_other_ones(tmp_path: Path) -> None:
    parts = [PARTS["closed_form"] | {"gold": "n +"}, PARTS["constant"] | {"gold": "1/0"}]
    said = told(tmp_path, PROBLEM | {"parts": parts})
    assert [fault[:18] for fault in said] == [":1: parts.0.gold: ", ":1: parts.1.gold: "]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "there is no problem here"),
        (b"{\n", ":1: this is no JSON"),
        (b"\xff\n", ":1: 'utf-8' codec can't decode"),
        (b'{"id": "a", "id": "b"}\n', ":1: the key 'id' occurs twice in one object"),
        (b'{"id": NaN}\n', ":1: NaN is no JSON number"),
        (b"[" * 100_000 + b"\n", ":1: it is nested too deeply"),
        (b'"' + b"x" * 2**20 + b'"\n', ":1: a problem has at most 1,048,576 bytes"),
        (b'{"id": ' + b"9" * 5_000 + b"}\n", ":1: Exceeds the limit"),
    ],
    ids=range(8),
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=fault):
        JsonMathEnv.read_tasks(path)
    assert not JsonMathEnv.may_read(path)


def test_no_file_and_equal_ids_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file or folder"):
        JsonMathEnv.read_tasks(tmp_path / "nothing.jsonl")
    assert told(tmp_path, PROBLEM, RELATED, PROBLEM) == [": 2 problems have the id json-math/own/one"]


def test_only_problems_are_taken_for_problems(tmp_path: Path) -> None:
    assert JsonMathEnv.may_read(EXAMPLE)
    assert JsonMathEnv.may_read(in_lines(tmp_path, PROBLEM))
    assert not JsonMathEnv.may_read(in_lines(tmp_path, {"id": "x", "prompt": "mend it", "files": {}}))
    assert not JsonMathEnv.may_read(tmp_path)


def test_the_check_finds_a_problem_that_a_cheat_passes(tmp_path: Path) -> None:
    [task] = read(tmp_path, PROBLEM)
    env = JsonMathEnv(scratchpad=False)
    assert check_task(env, task, lambda line: None).fit
    report = check_task(env, task, lambda line: None, cheats={"know-it-all": env.oracle})
    assert report.faults == ("the cheat know-it-all scores 1, not below 1",)


def test_the_problem_in_the_docs_is_fit(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "own-tasks.md").read_text()
    [written] = re.findall(r"```json\n(.*?)```", page, flags=re.DOTALL)
    [task] = read(tmp_path, json.loads(written))
    assert check_task(JsonMathEnv(scratchpad=False), task, lambda line: None).fit


def test_the_example_is_fit_and_is_played(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["tasks", "check", str(EXAMPLE), "--env", "json-math", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["tasks"]) == 4
    command = [
        sys.executable,
        "-m",
        "agentgym.rollout",
        "json-math",
        "--tasks-from",
        str(EXAMPLE),
        "--policy",
        "oracle",
    ]
    options = ["--set", "options.json-math.scratchpad=false", "--quiet", "--json", "--out", str(tmp_path / "run")]
    played = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stderr
    [summary] = json.loads(played.stdout)["environments"]
    assert (summary["episodes"], summary["success_rate"]) == (4, 1)


@pytest.mark.parametrize("name", ["if", "IF", "in", "def", "none", "2x", "a b", "a-b", "", "é"])
def test_an_input_that_no_program_can_use_is_refused(tmp_path: Path, name: str) -> None:
    def faults(*inputs: str) -> list[str]:
        case = {"inputs": dict.fromkeys(inputs, 3), "output": 3}
        part = {"key": "p", "ask": "n", "kind": "program", "gold": "return n", "cases": [case]}
        return told(tmp_path, {"id": "one", "statement": "Return n.", "parts": [part]})

    (fault,) = faults("n", name)
    assert "no program can use an input of this name" in fault
    assert f"parts.0.cases.0.inputs.{name}" in fault


def test_inputs_may_be_named_like_functions(tmp_path: Path) -> None:
    case = {"inputs": {"sum": 3, "to": 4, "n_1": 5}, "output": 12}
    part = {"key": "p", "ask": "s", "kind": "program", "gold": "return sum + to + n_1", "cases": [case]}
    assert len(read(tmp_path, {"id": "one", "statement": "Add.", "parts": [part]})) == 1
