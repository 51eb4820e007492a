"""The findings in the form of OpenEnv's RFC 008, so that its readers can read them.

A check id stands here only where an audit measures what it means; nothing is claimed that was not tried. The report's
manifest and package digest are absent: an environment of this gym is no package of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import JsonValue

from agentgym.audit.report import Finding, OpenEnvReport, OpenEnvResult, Outcome

Status = Literal["pass", "fail", "skip", "error"]

DETERMINISM = "runtime.episode_determinism"
# To the RFC an environment without an oracle has failed.
ORACLE = "semantic.oracle_max"

# Of several findings the worst tells.
STATUSES: Sequence[tuple[Outcome, Status]] = (
    (Outcome.FAILED, "fail"),
    (Outcome.WARNED, "fail"),
    (Outcome.LOST, "error"),
    (Outcome.SKIPPED, "skip"),
)


class Meaning(NamedTuple):
    """What an id is measured by, and what to do where it fails.

    Attributes:
        findings: all of them are needed.
        remedy: one sentence.
        warns: whether its severity is `warn` in the RFC's policy v1.
    """

    findings: Sequence[str]
    remedy: str
    warns: bool = False


MEANINGS: Mapping[str, Meaning] = {
    "static.task_distribution_pinning": Meaning(
        ("tasks_are_the_same_in_another_process",),
        "Draw tasks from the seeded source that `draw` is given, and from nothing that differs between processes.",
    ),
    "runtime.reward_well_formed": Meaning(
        ("rewards_are_well_formed", "episodes_are_judged"), "Return a finite value from 0 to 1 for whatever comes in."
    ),
    "runtime.observation_schema": Meaning(
        ("gymnasium_accepts_it",), "Leave `reset` and `step` to `AgentEnv`, and return what Gymnasium's spaces hold."
    ),
    "runtime.trajectory_record": Meaning(
        ("episodes_can_be_kept",), "Keep what goes into messages and rewards to what JSON can say.", warns=True
    ),
    "runtime.reward_attribution": Meaning(
        ("rewards_say_what_was_judged",), "Make rewards with `Reward.of`, one component for each thing judged.",
        warns=True,
    ),
    "runtime.tool_declaration_accuracy": Meaning(
        ("tools_are_described", "malformed_calls_are_answered"),
        "Describe every tool and parameter, and let malformed calls be answered.",
    ),
    "runtime.task_declaration_accuracy": Meaning(
        ("splits_hold_what_they_say", "splits_share_no_task"), "Let a task set have as many tasks as it says."
    ),
    "runtime.seed_control": Meaning(("a_seed_decides_the_task",), "Choose the task by `self.np_random` alone."),
    "runtime.episode_determinism": Meaning(
        ("tasks_come_out_the_same", "the_same_messages_see_the_same"),
        "Let tasks and tools depend on the task and on what was done, and on nothing else.",
    ),
    "runtime.network_policy": Meaning(
        ("boxes_have_no_network",), "Use a backend that encloses the network (agentgym sandbox doctor)."
    ),
    "runtime.host_containment": Meaning(
        ("boxes_do_not_show_the_host",), "Use a backend that hides the host (agentgym sandbox doctor)."
    ),
    "runtime.resource_bounds": Meaning(
        ("boxes_are_bounded",), "Use a backend that holds memory, processes and disk (agentgym sandbox doctor)."
    ),
    "runtime.episode_isolation": Meaning(
        ("a_reset_leaves_nothing_behind",), "Keep what an episode needs in its box and on `self`, set anew by `reset`."
    ),
    "runtime.oracle_containment": Meaning(
        ("nothing_secret_is_within_reach",), "Keep gold in `task.secret`, and stage it in the grading box alone."
    ),
    ORACLE: Meaning(
        ("the_oracle_scores_one", "the_oracle_solves_what_is_played"),
        "Serve only tasks that the solution solves every time.",
    ),
    "semantic.floor_gap": Meaning(
        ("doing_nothing_is_worth_less",), "Judge what the task asks for, so that doing nothing earns none of it."
    ),
    "semantic.canary_floor": Meaning(
        ("canaries_hold",), "A task without a solution was passed: find out what told the judges apart."
    ),
    "semantic.no_solution_leakage": Meaning(
        ("nothing_secret_is_within_reach",), "Keep gold out of prompts, tool descriptions and tool answers."
    ),
    "semantic.verifier_determinism": Meaning(
        ("the_verdict_is_repeatable", "verdicts_are_the_same_in_another_process"),
        "Let the verdict depend on the artefacts alone.",
    ),
    "semantic.replayability": Meaning(
        ("the_same_messages_get_the_same",), "Let the reward depend on what was said and done, and on nothing else."
    ),
}  # fmt: skip


def in_openenv_form(target: str, findings: Sequence[Finding]) -> OpenEnvReport:
    """Return the findings whose meaning RFC 008 has an id for, with its verdict."""
    by_name = {finding.name: finding for finding in findings}
    results = [
        _result(check_id, meaning, [by_name[name] for name in meaning.findings])
        for check_id, meaning in MEANINGS.items()
        if all(name in by_name for name in meaning.findings)
    ]
    results = [_after_determinism(result, results) for result in results]
    return OpenEnvReport(target=target, results=results, verdict=_verdict(results))


def _after_determinism(result: OpenEnvResult, results: Sequence[OpenEnvResult]) -> OpenEnvResult:
    """Return a result, skipped where the RFC makes it depend on episodes that come out the same, and they do not."""
    broken = any(each.check_id == DETERMINISM and each.status == "fail" for each in results)
    if not (broken and result.check_id.startswith("semantic.")):
        return result
    return result.model_copy(
        update={"status": "skip", "evidence": [f"{DETERMINISM} fails", *result.evidence], "remediation": None}
    )


def _result(check_id: str, meaning: Meaning, findings: Sequence[Finding]) -> OpenEnvResult:
    outcomes = {finding.outcome for finding in findings}
    status: Status = next((status for outcome, status in STATUSES if outcome in outcomes), "pass")
    if check_id == ORACLE and status == "skip":
        status = "fail"
    measured: dict[str, JsonValue] = {}
    for finding in findings:
        measured |= finding.measured
    evidence = [f"{finding.name}: {finding.why or finding.states}" for finding in findings]
    return OpenEnvResult(
        check_id=check_id,
        status=status,
        measured=measured,
        evidence=evidence,
        remediation=meaning.remedy if status == "fail" else None,
        duration_s=sum(finding.seconds for finding in findings),
    )


def _verdict(results: Sequence[OpenEnvResult]) -> Literal["pass", "warn", "fail"]:
    """Return the RFC's verdict; an error is a failure there, as nothing that was not judged may pass."""
    wrong = [result for result in results if result.status in ("fail", "error")]
    if any(not MEANINGS[result.check_id].warns for result in wrong):
        return "fail"
    return "warn" if wrong else "pass"
