"""What came of a suite of checks, and how one check says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NoReturn

from agentgym.errors import InfrastructureError


class Outcome(StrEnum):
    """How one check ended. `lost`: the world failed, so that nothing is known."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    LOST = "lost"


class Failed(Exception):
    """A check found the contract broken; its text says how."""


class Skipped(Exception):
    """A check cannot be made here; its text says why."""


class Lost(Exception):
    """The world took a check away, so that it shows nothing; its text says how."""


class Case(NamedTuple):
    """One check of a suite: its name and the behaviour that it states."""

    name: str
    states: str


@dataclass(frozen=True)
class CheckResult:
    """What came of one check.

    Attributes:
        case: which check.
        outcome: how it ended.
        why: why it failed, was skipped or was lost, or what a check that passed has to tell; often empty then.
        seconds: how long it took.
        task: the id of the task that was played last when it failed or was lost, if one was.
        seed: the seed with which it did.
        reproduce: a command that does again what failed or was lost.
    """

    case: Case
    outcome: Outcome
    why: str = ""
    seconds: float = 0.0
    task: str = ""
    seed: int = 0
    reproduce: str = ""


@dataclass(frozen=True)
class CheckReport:
    """What came of a suite.

    Attributes:
        subject: what was checked.
        results: one for each check, in order.
    """

    subject: str
    results: Sequence[CheckResult]

    @property
    def failures(self) -> list[CheckResult]:
        """The checks that failed."""
        return self._that(Outcome.FAILED)

    @property
    def lost(self) -> list[CheckResult]:
        """The checks that the world took away."""
        return self._that(Outcome.LOST)

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing was lost."""
        return not self.failures and not self.lost

    def raise_for_failures(self) -> None:
        """Do nothing if nothing failed and nothing was lost.

        Raises:
            AssertionError: something failed; the message lists all of it, and then what was lost.
            InfrastructureError: nothing failed, but the world took checks away, so that they show nothing; the
                message lists them.
        """
        lines = [f"{result.case.name} ({result.case.states}): {_told(result)}" for result in self.failures + self.lost]
        told = "\n".join(["", *lines])
        if self.failures:
            raise AssertionError(f"{self.subject} fails {len(self.failures)} of {len(self.results)} checks:{told}")
        if self.lost:
            raise InfrastructureError(
                f"{self.subject} fails no check, but {len(self.lost)} of {len(self.results)} show nothing:{told}"
            )

    def _that(self, ended: Outcome) -> list[CheckResult]:
        return [result for result in self.results if result.outcome is ended]

    def __str__(self) -> str:
        lines = [self.subject]
        for result in self.results:
            why = f": {_told(result)}" if result.why else ""
            lines.append(f"  {result.outcome:7} {result.case.name} ({result.seconds:.2f} s){why}")
        return "\n".join(lines)


def _told(result: CheckResult) -> str:
    """Return why a check ended as it did, with what is needed to make it again."""
    if not result.reproduce:
        return result.why
    task = f"task {result.task}, " if result.task else ""
    return f"{result.why}\n    {task}seed {result.seed}; again: {result.reproduce}"


def case_of(function: Callable[..., str | None]) -> Case:
    """Return the case that a check function is: its name, and the first line of its docstring."""
    return Case(function.__name__, (function.__doc__ or "").strip().split("\n")[0])


def run_check(case: Case, function: Callable[[], str | None]) -> CheckResult:
    """Run one check; whatever it raises becomes its result, and a text that it returns is told with it."""
    started = time.monotonic()
    outcome, why = Outcome.PASSED, ""
    try:
        why = function() or ""
    except Skipped as skip:
        outcome, why = Outcome.SKIPPED, str(skip)
    except Lost as loss:
        outcome, why = Outcome.LOST, f"lost to the world: {loss}"
    except Failed as failure:
        outcome, why = Outcome.FAILED, str(failure)
    except Exception as error:
        outcome, why = Outcome.FAILED, f"{type(error).__name__}: {error}"
    return CheckResult(case, outcome, why, time.monotonic() - started)


def expect(condition: object, why: str) -> None:
    """Fail the running check unless `condition` is true."""
    if not condition:
        raise Failed(why)


def skip(why: str) -> NoReturn:
    """Say that the running check cannot be made here."""
    raise Skipped(why)
