"""Judging a repair: by what the code does on calls that nobody has seen, in a box that nobody has touched."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from agentgym.environments.code_repair.checking import (
    Answers,
    SuiteReport,
    Tests,
    answers_to,
    examine,
    examiner,
    in_jobs,
    same,
    suite_of,
)
from agentgym.environments.code_repair.tasks.base import Base
from agentgym.environments.code_repair.tasks.call import Answer, Call
from agentgym.errors import VerifierFault
from agentgym.reward import Component, Reward
from agentgym.sandbox import Sandbox

# Belongs to root, so that the code under test can read itself and the tests, and change nothing.
STAGE = "/srv/repair"
CODE = f"{STAGE}/code"
TESTED = f"{STAGE}/tested"
CALLS = 256
MAX_SOURCE_BYTES = 64 * 1024
MAX_NAME_CHARS = 80


class Extra(NamedTuple):
    """What else is asked of a program: a call, and a test in the file with the others.

    Attributes:
        call: one that has to be answered as the sound program does.
        file: the test's file.
        text: what is in it, the other tests included.
        test: the test's name.
    """

    call: Call
    file: str
    text: str
    test: str


def judge(
    base: Base, files: Mapping[str, bytes], fresh_box: Callable[[], Sandbox], *, extra: Extra | None = None
) -> Reward:
    """Return 1 if the files behave as the base program does and pass its visible tests, else 0.

    Args:
        base: the program as it should be.
        files: the declared source files that were found, by name.
        fresh_box: opens a pristine box.
        extra: what is asked of it besides.

    Raises:
        VerifierFault: the sound program is too slow here, so nobody's slowness says anything.
    """
    missing = [name for name in base.sources if name not in files]
    if missing:
        return Reward.zero(
            "files", f"missing, no regular file, or over {MAX_SOURCE_BYTES:,} bytes: {', '.join(missing)}"
        )
    verdict = _judge_once(base, files, fresh_box, extra)
    if verdict.out_of_time:
        # By its own clock a box cannot tell code that sleeps from a host that stalls.
        control = _judge_once(base, {name: text.encode() for name, text in base.sources.items()}, fresh_box, extra)
        if control.out_of_time:
            raise VerifierFault(f"the sound program of {base.name} ran out of time too: the host is too slow to judge")
        verdict = _judge_once(base, files, fresh_box, extra)
    return verdict.reward


class _Verdict(NamedTuple):
    reward: Reward
    out_of_time: bool


def _judge_once(
    base: Base, files: Mapping[str, bytes], fresh_box: Callable[[], Sandbox], extra: Extra | None
) -> _Verdict:
    seed = secrets.randbits(63)
    calls = base.random_calls(seed, CALLS)
    tests, places = dict(base.tests), list(base.test_places)
    if extra is not None:
        calls[-1] = extra.call
        tests[extra.file] = extra.text
        places.append((extra.file.removesuffix(".py"), extra.test))
    expected = [base.answer(call) for call in calls]
    with fresh_box() as box:
        stage(box, base, files, tests)
        answers, report = examine_program(box, base, calls, places)
    names = [name for _, name in places]
    reward = Reward.of([compare(calls, expected, answers, seed), visible_tests(report, names)])
    return _Verdict(reward, answers.out_of_time or report.out_of_time)


def stage(box: Sandbox, base: Base, files: Mapping[str, bytes], tests: Mapping[str, str]) -> None:
    """Put the code, the pristine visible tests and the program that examines both into a box."""
    declared = {name: files[name] for name in base.sources}
    pristine = {name: text.encode() for name, text in tests.items()}
    box.put_tree(
        {f"code/{name}": data for name, data in declared.items()}
        | {f"tested/{name}": data for name, data in (declared | pristine).items()}
        | {"examine.py": examiner().encode()},
        STAGE,
        user="root",
    )


def examine_program(
    box: Sandbox, base: Base, calls: Sequence[Call], tests: Sequence[tuple[str, str]]
) -> tuple[Answers, SuiteReport]:
    """Return what staged code answers, and how the visible tests end."""
    jobs = in_jobs([base.in_box(call) for call in calls], CODE)
    findings = examine(box, [*jobs, Tests(TESTED, tests)], program=[f"{STAGE}/examine.py"], results="/tmp/results")
    return answers_to(jobs, findings[:-1]), suite_of(findings[-1])


def compare(calls: Sequence[Call], expected: Sequence[Answer], got: Answers, seed: int) -> Component:
    """Return the component for the answers to random calls: 1 only if every one is there and right."""
    wrong = [i for i in range(len(calls)) if i in got.answers and not same(got.answers[i], expected[i])]
    right = len(got.answers) - len(wrong)
    data: dict[str, JsonValue] = {"seed": seed, "calls": len(calls), "right": right, "fault": got.fault}
    evidence = f"same as the sound program on {right} of {len(calls)} random calls"
    if wrong:
        first = wrong[0]
        wanted = in_words(expected[first]).removeprefix("gave ")
        evidence += f"; first: {calls[first]} {in_words(got.answers[first])}, expected {wanted}"
    if got.fault:
        evidence += f"; {got.fault}"
    value = float(right == len(calls) and not got.fault)
    return Component(name="behaviour", value=value, hard=True, evidence=evidence, data=data)


def visible_tests(report: SuiteReport, names: Sequence[str]) -> Component:
    """Return the component for the visible tests as they were served: 1 only if each ran once and passed."""
    passed = [outcome.name for outcome in report.outcomes if outcome.outcome == "passed"]
    # Nothing but these names, each of them once: a test that did not run has not passed.
    value = float(sorted(passed) == sorted(names) and len(report.outcomes) == len(passed))
    evidence = f"{len(passed)} of {len(names)} visible tests passed"
    if report.fault:
        evidence += f"; {report.fault}"
    return Component(name="visible-tests", value=value, hard=True, evidence=evidence)


def in_words(answer: Answer) -> str:
    """Return what became of a call, shortened, for people."""
    if "raised" in answer:
        return f"raised {str(answer['raised'])[:MAX_NAME_CHARS]}"
    if "hung" in answer:
        return "did not end"
    text = repr(answer.get("returned", answer.get("unusable")))
    return f"gave {text if len(text) <= 200 else text[:197] + '...'}"
