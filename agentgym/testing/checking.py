"""One check of one environment, as a test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pytest

from agentgym.checks import Case, CheckResult, Outcome, check_env
from agentgym.checks.environment import ENV_CHECKS
from agentgym.checks.report import case_of
from agentgym.env import AgentEnv
from agentgym.errors import InfrastructureError, UsageError, unknown
from agentgym.sandbox import SandboxBackend
from agentgym.testing.backends import Backends

ROLLOUT = "python -m agentgym.rollout"

MakeEnv = Callable[..., AgentEnv]


def cases(only: Collection[str] = ()) -> Sequence[Case]:
    """Return the checks of the contract, or those that are named, in the order in which they are made.

    Raises:
        UsageError: lists every name that is none, each with the nearest one.
    """
    known = {case.name: case for case in map(case_of, ENV_CHECKS)}
    if faults := [unknown("check", name, known) for name in only if name not in known]:
        raise UsageError(*faults)
    return [case for name, case in known.items() if not only or name in only]


def place_for(make_env: MakeEnv, backends: Backends, name: str | None) -> str | SandboxBackend:
    """Return where an environment plays: an open backend if it has boxes, else only the name of one.

    The running test fails, without a traceback, where no boxes can be had.
    """
    __tracebackhide__ = True
    name = name or backends.default
    env = make_env(sandbox=name)
    try:
        return name if env.spec_in_use() is None else backends.open(name)
    except InfrastructureError as error:
        pytest.fail(f"no boxes can be had here, which says nothing about the environment: {error}", pytrace=False)
    finally:
        env.close()


def judge(case: Case, make_env: MakeEnv, *, place: str | SandboxBackend, tasks: int, seed: int, again: str) -> None:
    """Make one check as the running test, which is skipped with a reason, or fails with a text and no traceback.

    A check that is lost to the world fails too, and says so: it shows nothing.

    Args:
        case: which check.
        make_env: the environment's class, or what makes one.
        place: where it plays, as `place_for` says.
        tasks: how many tasks of each split are played.
        seed: see `check_env`.
        again: the command that makes this check again.
    """
    __tracebackhide__ = True
    [result] = check_env(make_env, sandbox=place, tasks=tasks, seed=seed, only=(case.name,)).results
    if result.outcome is Outcome.SKIPPED:
        pytest.skip(result.why)
    if result.outcome is not Outcome.PASSED:
        pytest.fail(_text(result, again), pytrace=False)


def _text(result: CheckResult, again: str) -> str:
    """Return what must hold, why it does not, on which task, and what shows it again."""
    lines = [result.case.states, result.why, f"{f'task {result.task}, ' if result.task else ''}seed {result.seed}"]
    if result.reproduce.startswith(ROLLOUT):
        lines.append(f"play it: {result.reproduce}")
    return "\n".join([*lines, f"again: {again}"])
