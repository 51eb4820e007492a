"""No false accept, no false reject: every family, on thousands of right answers and near misses made at random."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import JsonValue

from agentgym.environments.json_math import schema, strict_json
from agentgym.environments.json_math.checks import CHECKS, Check, Finding
from agentgym.environments.json_math.comparison import values_at
from agentgym.environments.json_math.families import FAMILIES, LEVELS
from agentgym.environments.json_math.language import parse
from agentgym.environments.json_math.tasks import prompt, secret
from agentgym.environments.json_math.variants import Variant, documents, misses, rewriting, right, wrong
from agentgym.environments.json_math.verify import verify
from agentgym.task import Split, Task

# An example is a seed for a batch of answers, as hypothesis itself would take longer than they do.
EXAMPLES = 50
BATCH = 40
ANSWERS = EXAMPLES * BATCH
ROUNDS = 4

Make = Callable[[Task, random.Random], Variant]
seeds = st.integers(0, 2**63 - 1)
many = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@cache
def tasks_of(family: str) -> list[Task]:
    """Draw tasks of all levels, every other round from the held-out ranges."""
    return [
        task_of(family, level, seed=f"{family}-{level}-{round_}", held_out=round_ % 2 == 1)
        for round_ in range(ROUNDS)
        for level in range(1, LEVELS + 1)
    ]


def task_of(family: str, level: int, *, seed: str, held_out: bool) -> Task:
    problem = FAMILIES[family](random.Random(seed), level, held_out=held_out)
    return Task(
        id=f"json-math/train/{seed}",
        split=Split.TRAIN,
        index=0,
        family=family,
        level=level,
        prompt=prompt(problem),
        secret=secret(problem),
    )


def drawn(make: Make, family: str, seed: int) -> Iterator[tuple[Task, Variant]]:
    """Draw a batch of answers, from task after task."""
    rng = random.Random(seed)
    tasks = tasks_of(family)
    for number in range(BATCH):
        task = tasks[(seed + number) % len(tasks)]
        yield task, make(task, rng)


def accepted(task: Task, answer: Variant, checks: Mapping[str, Check] = CHECKS) -> bool:
    return verify(task, answer.text.encode("utf-8", "surrogatepass"), checks).success


@pytest.mark.parametrize("family", FAMILIES)
def test_a_right_answer_is_accepted_however_it_is_written(family: str) -> None:
    judged = 0

    @many
    @given(seeds)
    def accepts(seed: int) -> None:
        nonlocal judged
        for task, answer in drawn(right, family, seed):
            judged += 1
            assert accepted(task, answer), (task.secret["gold"], answer)

    accepts()
    assert judged >= ANSWERS


@pytest.mark.parametrize("family", FAMILIES)
def test_a_near_miss_is_refused(family: str) -> None:
    judged = 0

    @many
    @given(seeds)
    def refuses(seed: int) -> None:
        nonlocal judged
        for task, answer in drawn(wrong, family, seed):
            judged += 1
            assert not accepted(task, answer), (task.secret["gold"], answer)

    refuses()
    assert judged >= ANSWERS


def test_the_same_seed_makes_the_same_answers() -> None:
    for make in (right, wrong):
        assert list(drawn(make, "sums", 7)) == list(drawn(make, "sums", 7))


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_really_vary(family: str) -> None:
    for make, kinds in ((right, 1), (wrong, 20)):
        answers = [answer for seed in range(10) for _, answer in drawn(make, family, seed)]
        assert len({answer.text for answer in answers}) >= 100
        assert len({answer.how for answer in answers}) >= kinds


def test_closed_forms_are_rewritten_in_every_way() -> None:
    tree = parse("n*2^n + n*H(n) - binomial(n, 2)*pi^2*ln(6)/n!", variables=["n"])
    used = [rewriting.rewritten(tree, random.Random(seed), 4, sums=True)[1] for seed in range(150)]
    assert {name for names in used for name in names} == set(rewriting.RULES)
    assert {name for _, answer in sampled(right, "sums", 20) for name in answer.how.split(", ")} >= {"LaTeX", "infix"}
    assert {answer.how for _, answer in sampled(wrong, "sums", 30)} >= set(misses.RULES)


def test_documents_break_in_every_way() -> None:
    assert {answer.how for _, answer in sampled(wrong, "counting", 20)} >= set(documents.BREAKS)


def sampled(make: Make, family: str, batches: int) -> list[tuple[Task, Variant]]:
    return [pair for seed in range(batches) for pair in drawn(make, family, seed)]


def at_three_points(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    points = [check["first_n"] + n for n in range(3)]
    yield Finding("" if values_at(str(value), points) == values_at(check["gold"], points) else "wrong")


def as_floats(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    points = [check["first_n"] + n for n in range(30)]
    both = [
        [float(v) for v in values_at(str(text), points) if isinstance(v, Fraction)] for text in (value, check["gold"])
    ]
    yield Finding("" if both[0] == pytest.approx(both[1], rel=1e-9) else "wrong")


def word_for_word(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    yield Finding("" if value == check["gold"] else "wrong")


def any_equal_fraction(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    yield Finding("" if Fraction(str(value)) == Fraction(check["gold"]) else "wrong")


def in_any_order(value: JsonValue, check: Mapping[str, Any]) -> Iterator[Finding]:
    both = [sorted(map(str, v)) if isinstance(v, list) else v for v in (value, check["gold"])]
    yield Finding("" if both[0] == both[1] else "wrong")


@pytest.mark.parametrize(
    ("make", "family", "kind", "weak"),
    [
        (wrong, "sums", "closed_form", at_three_points),
        (wrong, "sums", "closed_form", as_floats),
        (right, "sums", "closed_form", word_for_word),
        (wrong, "markov", "fraction", any_equal_fraction),
        (wrong, "counting", "equal", in_any_order),
    ],
)
def test_a_weaker_check_would_be_noticed(make: Make, family: str, kind: str, weak: Check) -> None:
    checks = {**CHECKS, kind: weak}
    verdicts = [accepted_by(checks, task, answer) for task, answer in sampled(make, family, 15)]
    assert (make is wrong) in verdicts


def accepted_by(checks: Mapping[str, Check], task: Task, answer: Variant) -> bool:
    """Tell whether an answer passes checks that may raise, being weak."""
    try:
        return accepted(task, answer, checks)
    except ValueError:
        return False


def test_a_lax_schema_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "StrictValidator", Draft202012Validator)
    assert {"integer with a point"} <= falsely_accepted("arithmetic", {**CHECKS, "equal": word_for_word})


def test_a_lax_parser_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "parse", lambda data: json.loads(data.decode("utf-8-sig")))
    assert {"key twice", "invisible character"} <= falsely_accepted("arithmetic", CHECKS)


def falsely_accepted(family: str, checks: Mapping[str, Check]) -> set[str]:
    found: set[str] = set()
    for task, answer in sampled(wrong, family, 20):
        if accepted_by(checks, task, answer):
            found.add(answer.how)
    return found
