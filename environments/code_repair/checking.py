"""Having code examined in a box by `in_box/examine.py`, and reading what that reports."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from agentgym.environments.code_repair.tasks.call import Answer, Call
from agentgym.errors import PathError
from agentgym.sandbox import ExecReason, ExecResult, Sandbox

EXAMINER = Path(__file__).with_name("in_box") / "examine.py"
# CPU time, so that a busy machine makes nobody's code look slow; what sleeps instead is ended with its job.
CPU_SECONDS_A_CALL = 3.0
CPU_SECONDS_A_TEST = 3.0
SECONDS_A_JOB = 20.0
# Calls or tests of one job that do not end; the rest are left out.
MOST_HANGS = 3
# One job is one process: what one call leaves behind can reach so many others at most.
CALLS_A_JOB = 64
MAX_RESULT_BYTES = 16 << 20
OUT_OF_TIME = "took too long"


@dataclass(frozen=True)
class Calls:
    """A job for the examiner: calls on the modules in a folder of the box, in one process."""

    folder: str
    calls: Sequence[Call]
    seconds: float = field(default_factory=lambda: CPU_SECONDS_A_CALL)
    wall_s: float = field(default_factory=lambda: SECONDS_A_JOB)
    most_hangs: int = MOST_HANGS
    kind: str = "calls"


@dataclass(frozen=True)
class Tests:
    """A job for the examiner: test functions without parameters, as pairs of module and name."""

    folder: str
    tests: Sequence[tuple[str, str]]
    seconds: float = field(default_factory=lambda: CPU_SECONDS_A_TEST)
    wall_s: float = field(default_factory=lambda: SECONDS_A_JOB)
    most_hangs: int = MOST_HANGS
    kind: str = "tests"


@dataclass(frozen=True)
class TestsAndCalls:
    """A job for the examiner: tests, then calls, in one process; for code that is not hostile."""

    folder: str
    tests: Sequence[tuple[str, str]]
    calls: Sequence[Call]
    seconds: float
    wall_s: float = field(default_factory=lambda: SECONDS_A_JOB)
    most_hangs: int = 1
    kind: str = "both"

    def split(self, findings: Findings) -> tuple[SuiteReport, Answers]:
        """Return what was reported of both."""
        tests = [frame for frame in findings.frames if isinstance(frame, list) and len(frame) == 3]
        calls = [frame for frame in findings.frames if isinstance(frame, list) and len(frame) == 2]
        return suite_of(findings._replace(frames=tests)), answers_of(findings._replace(frames=calls), len(self.calls))


@dataclass(frozen=True)
class PytestRun:
    """A job for the examiner: pytest on a folder of the box; outcomes are named by node id."""

    folder: str
    seconds: float = field(default_factory=lambda: CPU_SECONDS_A_TEST)
    wall_s: float = field(default_factory=lambda: SECONDS_A_JOB)
    most_hangs: int = MOST_HANGS
    kind: str = "pytest"


Job = Calls | Tests | TestsAndCalls | PytestRun


class Findings(NamedTuple):
    """What the examiner says of one job.

    Attributes:
        frames: what was reported, in order; JSON values that the code under test may have forged.
        fault: how the job's process ended, if not well; or how the examiner itself did.
    """

    frames: Sequence[Any]
    fault: str

    @property
    def out_of_time(self) -> bool:
        """Whether the box's clock ran out, which a host that stalls can also cause."""
        return OUT_OF_TIME in self.fault


class Answers(NamedTuple):
    """What a program under test answered.

    Attributes:
        answers: one for each call that was answered, by the call's number.
        fault: why there are not as many answers as calls, or empty.
        out_of_time: as in `Findings`.
    """

    answers: Mapping[int, Answer]
    fault: str
    out_of_time: bool = False


class Outcome(NamedTuple):
    """How one test ended: `passed`, `failed` or `skipped`, and why if it did not pass."""

    name: str
    outcome: str
    message: str


class SuiteReport(NamedTuple):
    """How tests ended, and what went wrong with the run itself, or an empty text."""

    outcomes: Sequence[Outcome]
    fault: str
    out_of_time: bool = False


def examiner() -> str:
    """Return the text of the program that runs inside a box."""
    return EXAMINER.read_text("utf-8")


def examine(
    box: Sandbox,
    jobs: Sequence[Job],
    *,
    program: Sequence[str],
    results: str | None = None,
    explain: bool = False,
) -> Sequence[Findings]:
    """Have jobs done in a box, as the user `agent`, each in a process of its own.

    Args:
        box: where the code under test lies.
        jobs: what to do.
        program: how Python gets the examiner: its path in the box, or `-c` and its text.
        explain: have assertions say what pytest would, and go on after a job that took too long; for our own code only.
        results: a path in the box that does not exist yet, for reports that are more than a box keeps of output.
    """
    nonce = secrets.token_hex(16)
    # Many jobs may have the same calls; they are sent once.
    rows = [dict(vars(job)) for job in jobs]
    lists = {id(row["calls"]): row["calls"] for row in rows if "calls" in row}
    numbers = {key: number for number, key in enumerate(lists)}
    for row in rows:
        if "calls" in row:
            row["calls"] = numbers[id(row["calls"])]
    request = {"nonce": nonce, "results": results, "explain": explain, "calls": [*lists.values()], "jobs": rows}
    # Explanations list what differs in the order of sets; alone our own code may have its environment.
    python = ["python3", "-s", "-P", "-B"] if explain else ["python3", "-I", "-B"]
    done = box.exec(
        [*python, *program],
        env={"PYTHONHASHSEED": "0"} if explain else None,
        stdin=json.dumps(request).encode(),
        timeout_s=sum(job.wall_s for job in jobs) + 10,
        user="agent",
    )
    reported = done.stdout
    if results is not None:
        try:
            reported = box.read(results, max_bytes=MAX_RESULT_BYTES, user="agent")
        except PathError:
            reported = b""
    return _read(reported, nonce, len(jobs), fault="" if done.ok else f"the examination {how_it_ended(done)}")


def _read(reported: bytes, nonce: str, count: int, *, fault: str) -> Sequence[Findings]:
    frames: list[list[Any]] = [[] for _ in range(count)]
    ends: list[list[str]] = [[] for _ in range(count)]
    for frame in framed(reported, nonce):
        if not (isinstance(frame, list) and len(frame) == 2 and type(frame[0]) is int and 0 <= frame[0] < count):
            fault = fault or "a report is not of the right form"
        elif isinstance(frame[1], str):
            ends[frame[0]].append(frame[1])
        else:
            frames[frame[0]].append(frame[1])
    return [Findings(found, fault or _end(end)) for found, end in zip(frames, ends, strict=True)]


def _end(end: Sequence[str]) -> str:
    if len(end) != 1:
        return "its end was reported twice" if end else "its end was not reported"
    return f"the process {end[0]}" if end[0] else ""


def answers_of(findings: Findings, count: int, first: int = 0) -> Answers:
    """Return the answers to the calls of one job, numbered from `first`."""
    answers: dict[int, Answer] = {}
    for frame in findings.frames:
        if not (isinstance(frame, list) and len(frame) == 2 and type(frame[0]) is int and isinstance(frame[1], dict)):
            return Answers(answers, "an answer is not of the right form")
        if first + frame[0] in answers or not 0 <= frame[0] < count:
            return Answers(answers, f"call {first + frame[0]} was answered twice, or never asked")
        answers[first + frame[0]] = frame[1]
    if len(answers) < count:
        late = sum("hung" in answer for answer in answers.values())
        why = findings.fault or (f"{late} did not end" if late else "the process exited with status 0")
        return Answers(answers, f"{len(answers)} of {count} calls were answered: {why}", findings.out_of_time)
    return Answers(answers, findings.fault, findings.out_of_time)


def suite_of(findings: Findings) -> SuiteReport:
    """Return how the tests of one job ended."""
    outcomes = []
    for frame in findings.frames:
        if not (isinstance(frame, list) and len(frame) == 3 and all(isinstance(part, str) for part in frame)):
            return SuiteReport((), "a test's report is not of the right form")
        outcomes.append(Outcome(*frame))
    fault = findings.fault or ("" if outcomes else "no test was found")
    return SuiteReport(outcomes, fault, findings.out_of_time)


def in_jobs(calls: Sequence[Call], folder: str) -> list[Calls]:
    """Return calls as jobs of a size that one process may have."""
    return [Calls(folder, calls[first : first + CALLS_A_JOB]) for first in range(0, len(calls), CALLS_A_JOB)]


def answers_to(jobs: Sequence[Calls], findings: Sequence[Findings]) -> Answers:
    """Return the answers to the calls of several jobs, numbered through."""
    parts, first = [], 0
    for job, found in zip(jobs, findings, strict=True):
        parts.append(answers_of(found, len(job.calls), first))
        first += len(job.calls)
    answers = {number: answer for part in parts for number, answer in part.answers.items()}
    fault = next((part.fault for part in parts if part.fault), "")
    return Answers(answers, fault, any(part.out_of_time for part in parts))


def framed(output: bytes, nonce: str) -> list[Any]:
    """Return the JSON values of the lines that begin with the nonce; one that is not JSON is None."""
    values = []
    for line in output.decode("utf-8", "replace").splitlines():
        mark, _, text = line.partition(" ")
        if mark == nonce:
            try:
                values.append(json.loads(text))
            except (ValueError, RecursionError):
                values.append(None)
    return values


def how_it_ended(result: ExecResult) -> str:
    """Return what became of a command, for people."""
    if result.reason is ExecReason.EXITED:
        return f"exited with status {result.exit_code}"
    if result.reason is ExecReason.SIGNALED:
        return f"died of signal {result.signal}"
    words = {ExecReason.TIMEOUT: OUT_OF_TIME, ExecReason.OOM: "used too much memory"}
    return words.get(result.reason, "printed too much")


def same(left: object, right: object) -> bool:
    """Tell whether two JSON values are the same, types included: True is not 1, and 1 is not 1.0.

    Floats may differ by rounding (a relative 1e-9), NaN is the same as NaN, and the order of a mapping's keys does not
    matter.
    """
    if type(left) is not type(right):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return left == right
