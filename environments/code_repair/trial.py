"""Trying faulty programs in boxes: what they answer, which visible tests fail, what pytest says of those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from agentgym.environments.code_repair.checking import (
    Calls,
    Findings,
    Job,
    PytestRun,
    Tests,
    answers_of,
    examine,
    examiner,
    same,
    suite_of,
)
from agentgym.environments.code_repair.tasks.base import Base
from agentgym.environments.code_repair.tasks.call import Answer, Call
from agentgym.environments.code_repair.tasks.mutant import Fault, with_faults
from agentgym.sandbox import Sandbox
from agentgym.task import derive_seed

WORK = "/work"
PROGRAMS = "/srv/gate"
PROGRAMS_A_BOX = 24
# A sound program needs some milliseconds for a call.
CPU_SECONDS = 0.3

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
        answers: one for each random call; `{"hung": True}` for those that did not end.
        failing: the visible tests that fail, in order.
    """

    answers: Sequence[Answer]
    failing: tuple[str, ...]

    @property
    def hung(self) -> bool:
        """Whether some calls did not end."""
        return any("hung" in answer for answer in self.answers)

    def wrong(self, fuzz: Fuzz) -> list[int]:
        """Return the numbers of the calls that are answered otherwise than by the sound program."""
        return [i for i, expected in enumerate(fuzz.expected) if not same(self.answers[i], expected)]


def try_all(base: Base, programs: Sequence[Faults], fuzz: Fuzz, fresh_box: Callable[[], Sandbox]) -> list[Trial]:
    """Return what faulty programs do, in the same order."""
    calls = [base.in_box(call) for call in fuzz.calls]
    trials = []
    for some in chunks(programs, PROGRAMS_A_BOX):
        jobs: list[Job] = []
        for number in range(len(some)):
            folder = f"{WORK}/{number}"
            jobs.append(Calls(folder, calls, seconds=CPU_SECONDS))
            jobs.append(Tests(folder, base.test_places, seconds=CPU_SECONDS))
        found = _examined(base, some, jobs, fresh_box)
        trials += [_trial(base, found[2 * i], found[2 * i + 1], len(calls)) for i in range(len(some))]
    return trials


def messages_of(
    base: Base, programs: Sequence[tuple[Faults, Sequence[str]]], fresh_box: Callable[[], Sandbox]
) -> list[dict[str, str]]:
    """Return what pytest says of failing tests, by their name, for each faulty program."""
    told = []
    for some in chunks(programs, PROGRAMS_A_BOX):
        jobs = [PytestRun(f"{WORK}/{number}", seconds=CPU_SECONDS) for number in range(len(some))]
        found = _examined(base, [faults for faults, _ in some], jobs, fresh_box)
        for (_, failing), findings in zip(some, found, strict=True):
            said = {outcome.name.rpartition("::")[2]: outcome.message for outcome in suite_of(findings).outcomes}
            told.append({name: said.get(name) or "the test run did not end" for name in failing})
    return told


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
        return examine(box, jobs, program=[f"{PROGRAMS}/examine.py"], results="/tmp/results")


def _trial(base: Base, calls: Findings, tests: Findings, count: int) -> Trial:
    got = answers_of(calls, count)
    ended = {outcome.name: outcome.outcome for outcome in suite_of(tests).outcomes}
    return Trial(
        [got.answers.get(i, {"hung": True}) for i in range(count)],
        tuple(name for name in base.test_names if ended.get(name) != "passed"),
    )
