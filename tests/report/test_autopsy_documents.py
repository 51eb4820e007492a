"""Documents that are judged by json-math and the gauntlet, and why they fail."""

from __future__ import annotations

import pytest
from autopsy_plays import answered, causes, main_cause, played

from agentgym.environments.gauntlet.env import GauntletEnv
from agentgym.environments.json_math.env import JsonMathEnv
from agentgym.report.autopsy import Cause
from agentgym.task import Split, Task

STRUCTURE = {
    "duplicate-keys": "duplicate key",
    "escaped-duplicate": "duplicate key",
    "code-fence": "fence",
    "text-before": "text before",
    "text-after": "text after",
    "two-documents": "second document",
    "trailing-comma": "trailing comma",
    "byte-order-mark": "byte order mark",
    "zero-width": "invisible",
    "nan": "not finite",
    "extra-key": "unasked key",
    "list-of-candidates": "wrong type or form",
}
# By the number of a frozen task, what is played there, and what is found, the main cause first.
GAUNTLET = [
    (0, "right-value-wrong-closed-form", [(Cause.VALUE, "a_closed_form")]),
    (0, "proof-of-one-word", [(Cause.PADDING, "repeated text"), (Cause.CONSTRAINT, "line characters")]),
    (0, "proof-of-many-lines", [(Cause.CONSTRAINT, "lines")]),
    (1, "right-count-wrong-cycle", [(Cause.REASON, "b_full_periods"), (Cause.REASON, "b_tail_hits")]),
    (1, "counted-from-zero", [(Cause.VALUE, "b_count"), (Cause.REASON, "relation")]),
    (3, "one-word-more", [(Cause.CONSTRAINT, "words")]),
    (3, "no-facts", [(Cause.CONSTRAINT, "required")]),
]
# By how a part is checked.
JSON_MATH = [
    ("program", "comment-lines", (Cause.PADDING, "comment lines")),
    ("program", "repeated-steps", (Cause.PADDING, "idle lines")),
    ("text", "doubled-words", (Cause.PADDING, "repeated text")),
    ("fraction", "unreduced-fraction", (Cause.CONSTRAINT, "form")),
    ("closed_form", "equation", (Cause.STRUCTURE, "unreadable expression")),
]


@pytest.fixture(scope="module")
def math() -> JsonMathEnv:
    return JsonMathEnv(scratchpad=False)


@pytest.fixture(scope="module")
def gauntlet() -> GauntletEnv:
    return GauntletEnv(scratchpad=False)


def task_with(kind: str) -> Task:
    tasks = JsonMathEnv.tasks(Split.EVAL)
    return next(task for task in tasks if kind in {check["kind"] for check in task.secret["checks"].values()})  # type: ignore[union-attr,index,call-overload]


@pytest.mark.parametrize(("cheat", "detail"), STRUCTURE.items())
def test_a_rule_of_the_format_is_named(math: JsonMathEnv, cheat: str, detail: str) -> None:
    task = math.tasks(Split.EVAL)[0]
    assert causes(played(math, task, math.cheats[cheat](task))) == [(Cause.STRUCTURE, detail)]


def test_malformed_json_and_missing_keys_are_matters_of_structure(math: JsonMathEnv) -> None:
    task = math.tasks(Split.EVAL)[1]
    assert causes(answered(math, task, '{"count": ')) == [(Cause.STRUCTURE, "syntax")]
    assert main_cause(answered(math, task, {"answer": 5})) == (Cause.STRUCTURE, "missing key")


@pytest.mark.parametrize(("number", "cheat", "expected"), GAUNTLET)
def test_parts_of_the_gauntlet(
    gauntlet: GauntletEnv, number: int, cheat: str, expected: list[tuple[Cause, str]]
) -> None:
    task = gauntlet.tasks(Split.EVAL)[number]
    assert causes(played(gauntlet, task, gauntlet.cheats[cheat](task))) == expected


@pytest.mark.parametrize(("kind", "cheat", "expected"), JSON_MATH)
def test_parts_of_problems(math: JsonMathEnv, kind: str, cheat: str, expected: tuple[Cause, str]) -> None:
    task = task_with(kind)
    assert main_cause(played(math, task, math.cheats[cheat](task))) == expected


def test_a_success_has_no_cause_and_doing_nothing_is_giving_up(math: JsonMathEnv) -> None:
    for task in math.tasks(Split.EVAL)[:20]:
        assert causes(played(math, task, math.oracle(task))) == []
        assert main_cause(played(math, task, math.noop(task))) == (Cause.GAVE_UP, "empty answer")


def test_an_empty_answer_in_plain_text_is_giving_up_too() -> None:
    env = JsonMathEnv(scratchpad=False, answer="reply")
    task = env.tasks(Split.EVAL)[0]
    assert main_cause(played(env, task, env.noop(task))) == (Cause.GAVE_UP, "empty answer")
    assert causes(played(env, task, env.oracle(task))) == []


def test_a_canary_is_a_cause_only_where_it_was_passed(math: JsonMathEnv) -> None:
    task = math.tasks(Split.EVAL)[0]
    canary = task.model_copy(update={"canary": True})
    assert causes(played(math, canary, math.oracle(task))) == [(Cause.CHEAT, "canary passed")]
    assert causes(played(math, canary, math.noop(task))) == []
