"""The contract of an environment, checked by playing it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from agentgym.checks.env.again import command_for
from agentgym.checks.env.faults import a_lost_box_leaves_no_reward
from agentgym.checks.env.origin import refuse_where_looked_for
from agentgym.checks.env.scores import (
    no_cheat_scores,
    noop_scores_zero,
    the_oracle_scores_one,
    the_verdict_is_repeatable,
    verdicts_are_the_same_in_another_process,
)
from agentgym.checks.env.secrets import nothing_secret_is_within_reach
from agentgym.checks.env.stage import Stage
from agentgym.checks.env.tasks import (
    a_seed_decides_the_task,
    gymnasium_accepts_it,
    splits_share_no_task,
    tasks_are_the_same_in_another_process,
    tasks_come_out_the_same,
)
from agentgym.checks.env.tools import malformed_calls_are_answered, tools_are_described
from agentgym.checks.env.traces import a_reset_leaves_nothing_behind, closing_leaves_nothing
from agentgym.checks.env.watched import LostOnPurpose, WatchedBackend
from agentgym.checks.report import CheckReport, CheckResult, Lost, Outcome, case_of, run_check
from agentgym.env import AgentEnv
from agentgym.errors import InfrastructureError, UsageError, VerifierFault, unknown
from agentgym.plugins import check_backend_name, open_backend
from agentgym.sandbox import SandboxBackend

__all__ = ["ENV_CHECKS", "EnvCheck", "Stage", "check_env"]

EnvCheck = Callable[[Stage], str | None]

ENV_CHECKS: Sequence[EnvCheck] = (
    gymnasium_accepts_it,
    tasks_come_out_the_same,
    tasks_are_the_same_in_another_process,
    splits_share_no_task,
    a_seed_decides_the_task,
    tools_are_described,
    malformed_calls_are_answered,
    the_oracle_scores_one,
    noop_scores_zero,
    no_cheat_scores,
    the_verdict_is_repeatable,
    verdicts_are_the_same_in_another_process,
    nothing_secret_is_within_reach,
    a_lost_box_leaves_no_reward,
    a_reset_leaves_nothing_behind,
    closing_leaves_nothing,
)


def check_env(
    make_env: Callable[..., AgentEnv],
    *,
    sandbox: str | SandboxBackend = "auto",
    tasks: int = 2,
    seed: int = 0,
    only: Collection[str] = (),
    tell: Callable[[str], None] | None = None,
) -> CheckReport:
    """Check an environment against its contract.

    Args:
        make_env: the environment's class, or whatever makes one when called with `sandbox`. It is called several times.
        sandbox: the backend to play in; by name, or one that the caller owns.
        tasks: how many tasks of each split are played by the oracle, by noop and by each cheat.
        seed: chooses the train tasks, as a rollout's seed does, and is what `reset` is given.
        only: names of the checks to make, as in `ENV_CHECKS`; none stands for all.
        tell: told the name of each check before it is made.

    Returns:
        A report; `raise_for_failures` makes an AssertionError of what failed, and an InfrastructureError where checks
        were only lost to the world.

    Raises:
        UsageError: no check, or no backend, has a name that was given.
        Unguarded: one of its own checks imports the module that calls it, which has to guard the call.
    """
    refuse_where_looked_for()
    checks = _named(only)
    watched = _watched(sandbox)
    env = make_env(sandbox=watched)
    try:
        stage = Stage(env, tasks, seed=seed, make_env=make_env, given=sandbox, watched=watched)
        return CheckReport(env.id, [_checked(stage, check, tell or (lambda line: None)) for check in checks])
    finally:
        env.close()
        watched.close()


def _checked(stage: Stage, check: EnvCheck, tell: Callable[[str], None]) -> CheckResult:
    tell(check.__name__)
    stage.played = None
    result = run_check(case_of(check), partial(_made, check, stage))
    if result.outcome not in (Outcome.FAILED, Outcome.LOST):
        return result
    task = stage.played.task.id if stage.played else ""
    return replace(result, task=task, seed=stage.seed, reproduce=command_for(stage, check.__name__))


def _made(check: EnvCheck, stage: Stage) -> str | None:
    """Make a check, and tell what the world did from what the environment does."""
    try:
        return check(stage)
    except (VerifierFault, LostOnPurpose):
        raise
    except InfrastructureError as error:
        raise Lost(str(error)) from error


def _named(names: Collection[str]) -> Sequence[EnvCheck]:
    known: Mapping[str, EnvCheck] = {check.__name__: check for check in ENV_CHECKS}
    if faults := [unknown("check", name, known) for name in names if name not in known]:
        raise UsageError(*faults)
    return [check for name, check in known.items() if not names or name in names]


def _watched(sandbox: str | SandboxBackend) -> WatchedBackend:
    if isinstance(sandbox, str):
        check_backend_name(sandbox)
        return WatchedBackend(lambda: open_backend(sandbox), owned=True)
    return WatchedBackend(lambda: sandbox, owned=False)
