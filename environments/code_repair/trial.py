"""Trying faulty programs in boxes: what they answer, which visible tests fail, and what pytest says of those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from agentgym.environments.code_repair.checking import (
    Answers,
    Calls,
    Findings,
    Job,
    SuiteReport,
    TestsAndCalls,
    answers_of,
    examine,
    examiner,
    same,
)
from agentgym.environments.code_repair.tasks.base import Base
from agentgym.environments.code_repair.tasks.call import Answer, Call
from agentgym.environments.code_repair.tasks.mutant import Fault, with_faults
from agentgym.sandbox import Sandbox
from agentgym.task import derive_seed

WORK = "/work"
PROGRAMS = "/srv/gate"
PROGRAMS_A_BOX = 24
# Calls that are made again after all of them.
REPEATED = 64
# A sound program needs some milliseconds for a call.
CPU_SECONDS = 0.2

UNANSWERED: Answer = {"unanswered": True}

Faults = tuple[Fault, ...]
Item = TypeVar("Item")


class Fuzz(NamedTuple):
    """Random calls and what the sound program answers."""

    base: Base
    calls: Sequence[Call]
    expected: Sequence[Answer]

    @classmethod
    def of(cls, base: Base, count: int) -> Fuzz:
        """Return so many calls of a program, always the same ones."""
        calls = base.random_calls(derive_seed("gate", base.name), count)
        return cls(base, calls, [base.answer(call) for call in calls])


class Trial(NamedTuple):
    """What a faulty program did.

    Attributes:
        answers: one for each random call; `{"hung": True}` for one that did not end, `UNANSWERED` for those after it.
        said: what is said of the visible tests that fail, by their name, in order; none are run after one that does
            not end.
        stateful: whether a call was answered otherwise the second time: no call alone shows the fault for sure.
    """

    answers: Sequence[Answer]
    said: Mapping[str, str]
    stateful: bool = False

    @property
    def failing(self) -> tuple[str, ...]:
        """The visible tests that fail, in order."""
        return tuple(self.said)

    @property
    def hung(self) -> bool:
        """Whether some calls did not end, or were not answered for another reason."""
        return any("hung" in answer or answer == UNANSWERED for answer in self.answers)

    def wrong(self, fuzz: Fuzz) -> list[int]:
        """Return the numbers of the calls that are answered otherwise than by the sound program."""
        return [i for i, expected in enumerate(fuzz.expected) if not same(self.answers[i], expected)]


def try_all(base: Base, programs: Sequence[Faults], fuzz: Fuzz, fresh_box: Callable[[], Sandbox]) -> list[Trial]:
    """Return what faulty programs do, in the same order."""
    calls = [base.in_box(call) for call in (*fuzz.calls, *fuzz.calls[:REPEATED])]
    trials = []
    for some in chunks(programs, PROGRAMS_A_BOX):
        folders = [f"{WORK}/{number}" for number in range(len(some))]
        jobs = [TestsAndCalls(folder, base.test_places, calls, seconds=CPU_SECONDS) for folder in folders]
        found = _examined(base, some, jobs, fresh_box)
        trials += [_trial(*job.split(findings), len(fuzz.calls)) for job, findings in zip(jobs, found, strict=True)]
    return trials


def alone(base: Base, asked: Sequence[tuple[Faults, Call]], fresh_box: Callable[[], Sandbox]) -> list[Answer]:
    """Return what faulty programs answer to one call each, in processes that did nothing before."""
    answers = []
    for some in chunks(asked, PROGRAMS_A_BOX):
        jobs = [
            Calls(f"{WORK}/{number}", [base.in_box(call)], seconds=CPU_SECONDS) for number, (_, call) in enumerate(some)
        ]
        found = _examined(base, [faults for faults, _ in some], jobs, fresh_box)
        answers += [answers_of(findings, 1).answers.get(0, UNANSWERED) for findings in found]
    return answers


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield items in groups of a size; the last may be smaller."""
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _examined(
    base: Base, programs: Sequence[Faults], jobs: Sequence[Job], fresh_box: Callable[[], Sandbox]
) -> Sequence[Findings]:
    files = {
        f"{number}/{path}": text.encode()
        for number, faults in enumerate(programs)
        for path, text in {**with_faults(base.sources, faults), **base.tests}.items()
    }
    with fresh_box() as box:
        box.put_tree(files, WORK)
        box.put_tree({"examine.py": examiner().encode()}, PROGRAMS, user="root")
        return examine(box, jobs, program=[f"{PROGRAMS}/examine.py"], results="/tmp/results", explain=True)


def _trial(suite: SuiteReport, got: Answers, count: int) -> Trial:
    said = {outcome.name: outcome.message for outcome in suite.outcomes if outcome.outcome != "passed"}
    again = [(got.answers.get(i), got.answers.get(count + i)) for i in range(REPEATED)]
    stateful = any(second is not None and not same(first, second) for first, second in again)
    return Trial([got.answers.get(i, UNANSWERED) for i in range(count)], said, stateful)
