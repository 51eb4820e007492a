"""What is told of problems of the user's own: all rules that are judged, and all faults at once, in plain words."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from agentgym.checks.tasks import check_task
from agentgym.environments.json_math import constraints
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.environments.json_math.verify import verify
from agentgym.errors import UsageError
from agentgym.task import Task

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own-tasks.md"
ONE: dict[str, Any] = {"key": "one", "kind": "integer", "gold": 1}
CHOICE: dict[str, Any] = {"key": "rule", "kind": "choice", "options": ["a", "b"], "gold": "b"}
PROSE: dict[str, Any] = {
    "key": "t",
    "kind": "text",
    "language": "en",
    "gold": "The old dog of the village sleeps under the table.",
    "constraints": [{"kind": "words", "exactly": 10}],
}
PROGRAM: dict[str, Any] = {
    "key": "p",
    "kind": "program",
    "gold": "return n + 1",
    "cases": [{"inputs": {"n": 1}, "output": 2}],
    "constraints": [{"kind": "lines", "exactly": 1}],
}
KNOWN = f" Known: {', '.join(constraints.KINDS)}"
KEYS = "Submit one JSON object with these keys:\n"


def problem(*parts: Any, **others: Any) -> dict[str, Any]:
    return {"id": "one", "statement": "Write on a dog.", "parts": parts} | others


def read(folder: Path, *problems: object) -> list[Task]:
    path = folder / "problems.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in problems))
    return list(JsonMathEnv.read_tasks(path))


def told(folder: Path, *problems: object) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read(folder, *problems)
    return [fault.removeprefix(f"{folder}/problems.jsonl:") for fault in caught.value.faults]


def prompt(folder: Path, *parts: Any) -> str:
    return read(folder, problem(*parts))[0].prompt


def test_constraints_are_told_of_parts_without_ask(tmp_path: Path) -> None:
    told = prompt(tmp_path, PROSE)
    assert KEYS + '- "t"\n  - in English\n  - exactly 10 words\n' in told
    assert constraints.PADDING_RULE in told


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        (PROGRAM, "  - exactly 1 line\n"),
        (PROGRAM, "return"),
        ({"key": "f", "kind": "closed_form", "gold": "n", "sums": True}, "Finite sums may stand in it"),
        ({"key": "c", "kind": "constant", "gold": "pi"}, "An exact number is a string"),
        ({"key": "q", "kind": "fraction", "gold": "1/2"}, "strings in lowest terms"),
    ],
)
def test_notation_is_told_of_parts_without_ask(tmp_path: Path, part: dict[str, Any], rule: str) -> None:
    asked = prompt(tmp_path, part).partition("JSON Schema")[0]
    assert f'{KEYS}- "{part["key"]}"\n' in asked
    assert rule in asked


def test_all_parts_are_listed_or_none(tmp_path: Path) -> None:
    assert KEYS + '- "one"\n- "rule": which\n' in prompt(tmp_path, ONE, CHOICE | {"ask": "which"})
    assert KEYS not in prompt(tmp_path, ONE, CHOICE)


def constraint_table() -> dict[str, list[str]]:
    """Return the cells of the page's rows on constraints, by kind."""
    table = PAGE.read_text().partition("| constraint |")[2].partition("\n\n")[0]
    rows = [re.split(r" \| ", row.strip("| ")) for row in table.splitlines()[2:]]
    return {row[0].strip("`"): row for row in rows}


def test_every_kind_of_constraint_is_in_the_docs() -> None:
    table = constraint_table()
    assert list(table) == list(constraints.KINDS)
    for kind, (_, takes, example) in table.items():
        shown = json.loads(example.strip("` "))
        assert shown["kind"] == kind
        assert constraints.statement(shown)
        assert set(shown) - {"kind"} <= set(re.findall(r"`(\w+)`", takes))


def test_the_docs_name_the_languages_of_answers() -> None:
    named = re.findall(r"`(\S*(?:LANGUAGE|PSEUDOCODE)\.md)`", PAGE.read_text())
    assert len(named) == 2
    assert all((PAGE.parents[2] / path).is_file() for path in named)


def keys(folder: Path, *problems: object) -> list[str]:
    return [":".join(fault.split(":", 2)[:2]).strip() for fault in told(folder, *problems)]


def test_faults_of_one_stage_hide_none_of_another(tmp_path: Path) -> None:
    parts = [ONE | {"kind": "integr"}, ONE | {"key": "two"}, ONE | {"key": "two"}]
    faulty = problem(*parts, level=9, relations={"one": [["two"], ["three"]], "two": []})
    assert keys(tmp_path, faulty) == ["1: level", "1: parts.0.kind", "1: parts", "1: relations.one", "1: relations.two"]
    text = PROSE | {"language": "fr", "constraints": [{"kind": "wrds"}, 5]}
    program = PROGRAM | {"gold": 5, "cases": [{"inputs": {"if": 1}}]}
    assert keys(tmp_path, problem(text, program)) == [
        "1: parts.0.language",
        "1: parts.0.constraints.1",
        "1: parts.0.constraints.0.kind",
        "1: parts.1.gold",
        "1: parts.1.cases.0.output",
        "1: parts.1.cases.0.inputs.if",
    ]


def test_wrong_golds_and_relations_are_told_beside_other_faults(tmp_path: Path) -> None:
    parts = [ONE, ONE | {"key": "two"}, {"key": "c", "kind": "constant", "gold": "1/0"}, CHOICE | {"gold": "c"}]
    faulty = problem(*parts, relations={"one": [["two"], ["two"]]}, levl=1)
    assert keys(tmp_path, faulty) == ["1: levl", "1: parts.2.gold", "1: parts.3.gold", "1: relations"]


def test_what_hangs_on_a_wrong_value_is_not_told(tmp_path: Path) -> None:
    related = {"relations": {"one": [["two"]]}}
    assert keys(tmp_path, problem(ONE, ONE | {"key": "two", "kind": "integr"}, **related)) == ["1: parts.1.kind"]
    assert keys(tmp_path, problem(ONE, {"kye": "two", "kind": "integer", "gold": 1}, **related)) == [
        "1: parts.1.key",
        "1: parts.1.kye",
    ]


def test_equal_ids_are_told_beside_other_faults(tmp_path: Path) -> None:
    assert told(tmp_path, problem(ONE, level=9), problem(ONE))[1:] == [" 2 problems have the id json-math/own/one"]


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        (problem(CHOICE | {"gold": "A"}), "1: parts.0.gold: 'A' is none of the options"),
        (problem(CHOICE | {"options": ["a"], "gold": "a"}), "1: parts.0.options: at least 2 items are needed, not 1"),
        (problem(CHOICE | {"options": ["b", "b"]}), "1: parts.0.options: 'b' stands there twice"),
        (problem(*[ONE] * 13), "1: parts: at most 12 items are allowed, not 13"),
        (problem(ONE | {"gold": True}), "1: parts.0.gold: input should be a valid integer, not true"),
        (problem(ONE | {"gold": [None]}), "1: parts.0.gold: input should be a valid integer, not [null]"),
        (problem(None), "1: parts.0: an object with key, ask, kind and gold is needed, not null"),
        (problem(ONE, relations={"one": [["u"]]}), "1: relations.one: no integer part is named 'u'"),
        (problem(PROSE | {"constraints": [True]}), "1: parts.0.constraints.0: an object is needed, not true"),
        (problem(PROSE | {"constraints": [{"exactly": 2}]}), "1: parts.0.constraints.0.kind: this key is missing."),
        (
            problem(PROSE | {"constraints": [{"kind": ["words"]}]}),
            "1: parts.0.constraints.0.kind: there is no constraint of this kind.",
        ),
        (
            problem(PROSE | {"constraints": [{"kind": "words", "exactly": True}]}),
            "1: parts.0.constraints.0: words cannot be stated with these values: "
            '{"kind": "words", "exactly": true}: bounds are integers from 1 up',
        ),
    ],
)
def test_faults_are_told_in_plain_words(tmp_path: Path, faulty: dict[str, Any], said: str) -> None:
    [first] = [fault for fault in told(tmp_path, faulty) if not fault.startswith("1: parts: 13 parts have")]
    assert first.removesuffix(KNOWN) == said


def test_the_check_leaves_out_what_holds_and_says_nothing(tmp_path: Path) -> None:
    [task] = read(tmp_path, problem(ONE))
    served = check_task(JsonMathEnv(scratchpad=False), task, lambda line: None, cheats={}).served
    assert served.startswith("schema: ")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([5, -4, 8], "wrong at item 3"),
        ([1, 2, 3], "wrong at item 1"),
        ([5, -4], "wrong: 2 items, not 3"),
        ([], "wrong: 0 items, not 3"),
        ([5, -4, 7], ""),
    ],
)
def test_where_a_list_is_wrong_is_said(tmp_path: Path, value: list[int], why: str) -> None:
    [task] = read(tmp_path, problem({"key": "v", "kind": "integers", "gold": [5, -4, 7]}))
    assert verify(task, json.dumps({"v": value}).encode()).components[-1].evidence == why
