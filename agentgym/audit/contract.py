"""The contract's checks as findings: of an environment, or of tasks of one's own that it plays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from agentgym.audit.episodes import finding
from agentgym.audit.plays import Tell
from agentgym.audit.report import Finding, Outcome
from agentgym.audit.target import Extent, Target
from agentgym.checks import CheckResult, check_env
from agentgym.checks import Outcome as Checked
from agentgym.checks.env.scores import no_cheat_scores
from agentgym.checks.environment import ENV_CHECKS
from agentgym.checks.tasks import TaskReport, check_tasks
from agentgym.env import AgentEnv
from agentgym.sandbox import SandboxBackend

OUTCOMES = {
    Checked.PASSED: Outcome.PASSED,
    Checked.FAILED: Outcome.FAILED,
    Checked.SKIPPED: Outcome.SKIPPED,
    Checked.LOST: Outcome.LOST,
}


def contract_findings(target: Target, backend: SandboxBackend | str, extent: Extent, tell: Tell) -> list[Finding]:
    """Return what came of the contract's checks, without that of the cheats where the panel plays them."""
    left_out = {no_cheat_scores} if extent.plays_cheats else set()
    only = [check.__name__ for check in ENV_CHECKS if check not in left_out]
    number = count(1)

    def tell_check(name: str) -> None:
        tell(f"check {next(number)} of {len(only)}, {name}")

    report = check_env(target.make, sandbox=backend, tasks=extent.tasks, seed=extent.seed, only=only, tell=tell_check)
    return [_finding(result) for result in report.results]


def gate_findings(env: AgentEnv, target: Target, tell: Tell) -> Iterator[Finding]:
    """Yield what came of the gate for tasks of one's own: the solution three times, nothing, and every cheat."""
    reports = list(check_tasks(env, target.own_tasks, tell))
    yield finding(
        "tasks_are_fit",
        "Every task passes the gate: its solution gets 1 three times, nothing and each cheat less.",
        [f"{report.task_id}: {fault}" for report in reports for fault in report.faults],
        reproduce=f"agentgym tasks check {target.name}",
        tasks=len(reports),
        fit=sum(report.fit for report in reports),
    )
    yield finding(
        "tasks_are_judged_apart",
        "No task has a caution about how it is judged.",
        _cautions(reports),
        warns=True,
    )


def _cautions(reports: Sequence[TaskReport]) -> list[str]:
    by_caution: dict[str, list[str]] = {}
    for report in reports:
        for caution in report.cautions:
            by_caution.setdefault(caution, []).append(report.task_id)
    return [f"{caution}: {', '.join(names)}" for caution, names in by_caution.items()]


def _finding(result: CheckResult) -> Finding:
    return Finding(
        name=result.case.name,
        states=result.case.states,
        outcome=OUTCOMES[result.outcome],
        why=result.why,
        reproduce=result.reproduce,
        seconds=result.seconds,
        measured={"task": result.task, "seed": result.seed} if result.task else {},
    )
