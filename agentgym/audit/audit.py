"""The audit of an environment: look at its tasks, hold it to its contract, play, attack, and say what that comes to."""

from __future__ import annotations

import time
from collections.abc import Sequence

import agentgym
from agentgym.audit.contract import contract_findings, gate_findings
from agentgym.audit.drawn import draw, told
from agentgym.audit.duplicates import near_duplicates
from agentgym.audit.episodes import episode_findings, gate
from agentgym.audit.openenv import in_openenv_form
from agentgym.audit.panel import panel_findings, play_panel
from agentgym.audit.plays import Tell, play_all
from agentgym.audit.profile import difficulty
from agentgym.audit.report import AuditReport, Finding, Outcome, Verdict
from agentgym.audit.sets import splits_hold_what_they_say, tasks_differ
from agentgym.audit.target import Extent, Target
from agentgym.audit.walls import wall_findings
from agentgym.env import AgentEnv
from agentgym.policy import PolicySource
from agentgym.sandbox import SandboxBackend


def audit(
    target: Target,
    backend: SandboxBackend | None,
    *,
    extent: Extent,
    tell: Tell,
    policy: PolicySource | None = None,
    command: str = "",
) -> AuditReport:
    """Audit an environment, or tasks of one's own.

    Args:
        target: what is audited.
        backend: its boxes are of; None where it never opens one. The caller closes it.
        extent: how much is played.
        tell: told what is being done, one line at a time.
        policy: plays the tasks too, for the profile of difficulty. The caller closes it.
        command: how it was asked for, for the report.

    Raises:
        UsageError: something that was asked for does not exist.
        InfrastructureError: nothing could be played at all. An episode that the world took away is in the report.
    """
    began = time.monotonic()
    tell("making tasks")
    drawn = draw(target, extent)
    env = target.make(sandbox=backend if backend is not None else "auto")
    try:
        env.preflight(drawn.played)
        findings = _contract(target, env, backend, extent, tell)
        plays = play_all(env, drawn.played, tell, policy=policy, seed=extent.seed)
        findings += episode_findings(plays, target.name)
        panel = play_panel(target, backend, drawn.played, extent, tell)
        findings += panel_findings(panel, plays, target, extent)
        if backend is not None and extent.boxes:
            tell("the walls of the boxes")
            findings += wall_findings(backend)
        name = env.backend_name
    finally:
        env.close()
    tell("comparing tasks with one another")
    duplicates = near_duplicates(drawn.tasks)
    findings.append(tasks_differ(duplicates, drawn.tasks))
    return AuditReport(
        target=target.name,
        env_id=target.env_class.id,
        agentgym=agentgym.__version__,
        sandbox=name,
        seed=extent.seed,
        options=dict(target.options),
        command=command,
        verdict=_verdict(findings),
        findings=findings,
        panel=panel,
        splits=drawn.splits,
        gate=gate(plays),
        told=() if target.own_tasks else list(told(target.env_class.task_stats())),
        difficulty=difficulty(drawn.tasks, plays, "" if policy is None else policy.name),
        duplicates=duplicates,
        openenv=in_openenv_form(target.name, findings),
        seconds=time.monotonic() - began,
    )


def _contract(
    target: Target, env: AgentEnv, backend: SandboxBackend | None, extent: Extent, tell: Tell
) -> list[Finding]:
    if target.own_tasks:
        return list(gate_findings(env, target, tell))
    found = contract_findings(target, backend if backend is not None else "auto", extent, tell)
    return [*found, splits_hold_what_they_say(target.env_class)]


def _verdict(findings: Sequence[Finding]) -> Verdict:
    outcomes = {finding.outcome for finding in findings}
    if Outcome.FAILED in outcomes:
        return Verdict.FAULTY
    return Verdict.UNKNOWN if Outcome.LOST in outcomes else Verdict.SOUND
