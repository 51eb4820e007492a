"""What a component is called, and says of itself, tells why an episode failed; whoever's environment gave it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentgym.report.autopsy import Cause
from agentgym.report.autopsy.judged import NAMES, judged
from agentgym.report.autopsy.seen import MAX_EVIDENCE, one_line
from agentgym.reward import Component, Reward

BY_NAME = [
    ("format", "not read", Cause.STRUCTURE, "format"),
    ("schema", "$: missing: total", Cause.STRUCTURE, "missing key"),
    ("schema", "'total' is a required property", Cause.STRUCTURE, "missing key"),
    ("schema", '$: nobody asks for the key "why": leave it out', Cause.STRUCTURE, "unasked key"),
    ("schema", "$.total: write an integer", Cause.STRUCTURE, "wrong type or form"),
    ("compiles:program", "it does not compile: error", Cause.STRUCTURE, "does not compile"),
    ("constraint:text:words", "41 words, not 40", Cause.CONSTRAINT, "words"),
    ("constraint:text:line_characters", "", Cause.CONSTRAINT, "line characters"),
    ("words", "41", Cause.CONSTRAINT, "words"),
    ("padding:program", "line 3 is empty or only a comment", Cause.PADDING, "comment lines"),
    ("padding:program", "lines 3, 4 together change nothing", Cause.PADDING, "idle lines"),
    ("padding:text", "'comment' stands twice in a row", Cause.PADDING, "repeated text"),
    ("padding:text", "only 1 of 40 words are small words", Cause.PADDING, "filler"),
    ("value:count", "wrong", Cause.VALUE, "count"),
    ("value:sum", "unexpected ')' (at character 3: ')')", Cause.STRUCTURE, "unreadable expression"),
    ("value:program", "line 2: a loop needs a block", Cause.STRUCTURE, "unreadable program"),
    ("value:program", "line 2: it divides by 0 (with n = 1)", Cause.VALUE, "program"),
    ("value:value", "right, but not in lowest terms", Cause.CONSTRAINT, "form"),
    ("reason:period", "wrong", Cause.REASON, "period"),
    ("relation:count", "it does not hold", Cause.REASON, "relation"),
    ("behaviour", "same as the sound program on 3 of 256 calls", Cause.VALUE, "behaviour"),
    ("behaviour", "first: f(1) raised IndentationError, expected 2", Cause.STRUCTURE, "unreadable program"),
    ("visible-tests", "4 of 6 visible tests passed", Cause.VALUE, "visible tests"),
    ("files", "missing: money.py", Cause.WRONG_FILE, "files"),
    ("artefacts", "more than 400 files", Cause.WRONG_FILE, "artefacts"),
    ("box", "the policy broke its own box", Cause.BROKE_BOX, "box"),
    ("checker", "what was configured ended the checker", Cause.BROKE_BOX, "checker"),
    ("format", "nothing was submitted", Cause.OTHER, "nothing submitted"),
    ("sorted", "compared with gold", Cause.VALUE, "sorted"),
    ("", "", Cause.VALUE, "unnamed"),
    ("the lines are sorted", "no", Cause.VALUE, "rule"),
]


DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "autopsy.md"


def told(*components: Component) -> list[tuple[Cause, str]]:
    return [(one.finding.cause, one.finding.detail) for one in judged(Reward.of(components))]


def failed(name: str, evidence: str = "", **fields: Any) -> Component:
    return Component(name=name, value=0, hard=True, evidence=evidence, **fields)


@pytest.mark.parametrize(("name", "evidence", "cause", "detail"), BY_NAME)
def test_a_name_says_its_cause(name: str, evidence: str, cause: Cause, detail: str) -> None:
    assert told(failed(name, evidence)) == [(cause, detail)]


def test_a_component_says_its_cause_itself() -> None:
    assert told(failed("legs", data={"cause": "constraint", "detail": "too many"})) == [(Cause.CONSTRAINT, "too many")]
    assert told(failed("legs", data={"cause": "WRONG_FILE"})) == [(Cause.WRONG_FILE, "legs")]
    assert told(failed("legs", data={"cause": "never ran tests"})) == [(Cause.NO_TESTS, "legs")]


def test_a_cause_that_is_none_of_these_is_told_as_it_is_called() -> None:
    assert told(failed("legs", data={"cause": "gravity"})) == [(Cause.OTHER, "gravity")]
    assert told(failed("legs", data={"cause": 7, "detail": ["x"]})) == [(Cause.VALUE, "legs")]


def test_beside_goals_a_sentence_is_what_must_stay() -> None:
    goal = failed("ada may read /srv/a", goal=True)
    assert told(goal, failed("/etc/hosts stays")) == [(Cause.VALUE, "goal"), (Cause.WRONG_FILE, "what must stay")]
    assert told(goal, failed("bob may not read it"))[1] == (Cause.CONSTRAINT, "what must stay")


def test_what_takes_nothing_from_the_reward_is_no_cause() -> None:
    passed = Component(name="format", value=1, hard=True)
    remark = Component(name="language", value=0, weight=0)
    assert told(passed, remark, Component(name="language", value=0.5)) == [(Cause.CONSTRAINT, "language")]


def test_signs_of_tampering_are_told_one_by_one() -> None:
    reward = Reward(value=0).with_signs({"frame-walking": "a.py: f_back", "tests-changed": "test_a.py"})
    assert [one.finding.detail for one in judged(reward)] == ["frame walking", "tests changed"]
    assert {one.finding.cause for one in judged(reward)} == {Cause.CHEAT}
    assert told(failed("tests", data={"tampered-test-run": True})) == [(Cause.CHEAT, "tampered test run")]
    assert told(failed("tests", data={"tampered-test-run": False})) == [(Cause.VALUE, "tests")]


def test_evidence_is_one_line_of_bounded_length() -> None:
    shown = one_line("a\n\n b\x1b[31m\u202e" + "c" * 10_000)
    assert shown.startswith("a b\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}c")
    assert len(shown) == MAX_EVIDENCE
    assert one_line("short") == "short"
    assert all(len(one.finding.evidence) <= MAX_EVIDENCE for one in judged(Reward.of([failed("x", "y" * 5_000)])))


def test_a_detail_is_short_whatever_a_component_calls_it() -> None:
    ((_, detail),) = told(failed("x", data={"cause": "value", "detail": "d" * 500}))
    assert len(detail) == 40


def test_the_taxonomy_is_documented() -> None:
    rows = [line.split(" | ") for line in DOCUMENTED.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    causes = [row[0].removeprefix("| ") for row in rows if len(row) == 4]
    assert causes == ["cause", *(cause.value for cause in Cause)]
    names = {row[0].removeprefix("| "): row[1].removesuffix(" |") for row in rows if len(row) == 2}
    assert {
        cause.value: ", ".join(f"`{name}`" for name in known) for cause, known in NAMES.items()
    }.items() <= names.items()
