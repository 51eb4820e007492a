"""Running a task's tests on code under test, and telling whether the run was tampered with.

The tests and the code share a process, so the code can say whatever it likes about the tests. Tests that must fail run
among the others, in a random order: a run that says that one of them passed, or does not mention it, is worth nothing.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from agentgym.environments.code_repair.checking import framed, how_it_ended
from agentgym.environments.code_repair.own.definition import Definition
from agentgym.environments.code_repair.own.stage import CODE, STAGE, code_tree, program
from agentgym.environments.code_repair.own.tripwires import Tripwires, tripwires
from agentgym.reward import Component
from agentgym.sandbox import ExecReason, Sandbox

TAMPERED = "tampered-test-run"
MAX_MESSAGE_CHARS = 300


class TestReport(NamedTuple):
    """One report of pytest's, as `run_ids.py` tells it."""

    name: str
    phase: str
    outcome: str
    message: str


class Suite(NamedTuple):
    """How the tests ended, as a component, and whether the box's clock ran out on them."""

    component: Component
    out_of_time: bool


def run_suite(task: Definition, files: Mapping[str, bytes], fresh_box: Callable[[], Sandbox]) -> Suite:
    """Run the task's tests and some tripwires in a fresh box; each test must be reported once, as passed."""
    rng = random.Random(secrets.randbits(128))
    wires = tripwires(task.tests, task.test_ids, rng)
    tests = {path: text.encode() for path, text in {**task.tests, **wires.files}.items()}
    ids = [*task.test_ids, *wires.ids]
    rng.shuffle(ids)
    nonce = secrets.token_hex(16)
    order = {"nonce": nonce, "folder": CODE, "ids": ids, "seconds": task.timeout_s}
    with fresh_box() as box:
        box.put_tree({**code_tree(task, files), **tests}, CODE, user="root")
        box.put_tree({"run_ids.py": program("run_ids.py")}, STAGE, user="root")
        argv = ["python3", "-I", "-B", f"{STAGE}/run_ids.py"]
        result = box.exec(argv, stdin=json.dumps(order).encode(), timeout_s=task.timeout_s, user="agent")
    fault = "" if result.ok else f"the test run {how_it_ended(result)}"
    component = _component(task, _reports(framed(result.stdout, nonce)), wires, fault)
    return Suite(component, result.reason is ExecReason.TIMEOUT)


def _reports(frames: Sequence[object]) -> list[TestReport]:
    """Return the reports; a line of another form counts as one that fits no test."""
    reports = []
    for frame in frames:
        fits = isinstance(frame, list) and len(frame) == 4 and all(isinstance(part, str) for part in frame)
        reports.append(TestReport(*frame) if isinstance(frame, list) and fits else TestReport("?", "call", "?", ""))
    return reports


def _component(task: Definition, reports: Sequence[TestReport], wires: Tripwires, fault: str) -> Component:
    passed = [name for name in task.test_ids if _passed(name, reports)]
    tripped = [name for name in wires.ids if not _failed(name, reports)]
    tampered = _is_tampered(tripped, reports, wires, fault)
    known = [*task.test_ids, *wires.ids]
    strangers = sorted({r.name for r in reports if r.phase == "call" and not _known(r.name, known)})
    value = float(len(passed) == len(task.test_ids) and not tripped and not fault and not strangers)
    data: dict[str, JsonValue] = {
        TAMPERED: tampered,
        "tripwires": len(wires.ids),
        "tripped": len(tripped),
        "passed": list(passed),
        "failed": [name for name in task.test_ids if name not in passed],
    }
    evidence = "; ".join(_evidence(task, passed, reports, fault, tampered))
    return Component(name="tests", value=value, hard=True, evidence=evidence, data=data)


def _is_tampered(tripped: Sequence[str], reports: Sequence[TestReport], wires: Tripwires, fault: str) -> bool:
    """Tell whether tripwires that did not fail show a forger."""
    # A program that is only wrong may give what a mirror expects, and then it fails the test that is mirrored.
    wrong = {mirror for mirror, own in wires.mirrored.items() if _passed(mirror, reports) and _failed(own, reports)}
    suspect = [name for name in tripped if name not in wrong]
    # A run that ended early, or a file that cannot be read, says nothing of some tests: no sign of a forger either.
    excused = bool(fault) or any(report.phase == "collect" for report in reports)
    return any(_of(name, reports) for name in suspect) or bool(suspect and not excused)


def _evidence(
    task: Definition, passed: Sequence[str], reports: Sequence[TestReport], fault: str, tampered: bool
) -> list[str]:
    visible = [name for name in task.test_ids if name.partition("::")[0] not in task.hidden_tests]
    told = [
        f"{len(set(passed) & set(names))} of {len(names)} {kind} tests passed"
        for kind, names in (("visible", visible), ("hidden", [n for n in task.test_ids if n not in visible]))
        if names
    ]
    if tampered:
        told.append(f"{TAMPERED}: tests that must fail were reported as passed, or not at all")
    bad = [r for r in reports if r.outcome != "passed" and (r.phase == "collect" or _known(r.name, task.test_ids))]
    if bad:
        told.append(f"first: {bad[0].name} {bad[0].outcome}: {bad[0].message[:MAX_MESSAGE_CHARS]}")
    return told + ([fault] if fault else [])


def _base(name: str) -> str:
    return name.partition("[")[0]


def _of(name: str, reports: Sequence[TestReport]) -> list[TestReport]:
    """Return the reports of a test; an id without parameters stands for all of its parameters."""
    return [report for report in reports if name in (report.name, _base(report.name))]


def _known(name: str, ids: Sequence[str]) -> bool:
    return name in ids or _base(name) in ids


def _passed(name: str, reports: Sequence[TestReport]) -> bool:
    """Tell whether a test was reported, each of its parameters once, and everything passed."""
    own = _of(name, reports)
    once = len({report.name for report in own}) == len(own)
    return bool(own) and once and all(report.phase == "call" and report.outcome == "passed" for report in own)


def _failed(name: str, reports: Sequence[TestReport]) -> bool:
    """Tell whether a test was reported once, as failed."""
    own = _of(name, reports)
    return len(own) == 1 and own[0].outcome == "failed"
