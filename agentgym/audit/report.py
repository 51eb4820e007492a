"""What an audit found: one versioned document, from which terminal, JSON and page are made."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from agentgym.report.summary import Interval
from agentgym.task import Split

SCHEMA_VERSION: Literal[1] = 1


class Model(BaseModel):
    """A part of the document."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Outcome(StrEnum):
    """How one check ended. `lost`: the world failed, so that nothing is known."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"
    LOST = "lost"


class Verdict(StrEnum):
    """What all of it comes to. `unknown`: no fault was found, but not everything could be judged."""

    SOUND = "sound"
    FAULTY = "faulty"
    UNKNOWN = "unknown"


class Finding(Model):
    """What came of one check.

    Attributes:
        name: of the check.
        states: the behaviour that it states.
        outcome: how it ended.
        why: what was found; empty where it passed and there is nothing to tell.
        reproduce: a command that shows it again, where there is one.
        seconds: how long it took.
        measured: numbers, for programs.
    """

    name: str
    states: str
    outcome: Outcome
    why: str = ""
    reproduce: str = ""
    seconds: float = 0.0
    measured: dict[str, JsonValue] = Field(default_factory=dict)


class AttackPlayed(Model):
    """One attack on one task.

    Attributes:
        task_id: which task.
        canary: the task has no solution.
        attack: its name.
        family: what it is of; `own` are the cheats that the environment ships.
        value: the reward; None if it could not be judged.
        gains: it got more than doing nothing gets, or a goal, or passed a canary.
        succeeds: it got the whole reward, or passed a canary.
        goals: what the task asks for and it was given, though nothing was done for it.
        evidence: what the verifier said.
        fault: why it could not be judged.
        seconds: it took.
    """

    task_id: str
    canary: bool
    attack: str
    family: str
    value: float | None
    gains: bool
    succeeds: bool
    goals: tuple[str, ...] = ()
    evidence: str = ""
    fault: str = ""
    seconds: float = 0.0


class TaskShare(Model):
    """A share of tasks, and its 95 % interval among all tasks of the kind."""

    hit: int
    tasks: int
    interval: Interval


class Panel(Model):
    """All attacks on all tasks, and on which share of tasks one of them gets what it should not.

    Attributes:
        played: every attack on every task.
        solved: tasks on which one got the whole reward, canaries aside; None where nothing was played.
        gained: tasks on which one got more than doing nothing does, canaries aside.
        canaries: tasks that were attacked and have no solution.
        whole: off where families were chosen, so that less was tried than could be.
        seconds: it took; several tasks are attacked at once.
    """

    played: tuple[AttackPlayed, ...] = ()
    solved: TaskShare | None = None
    gained: TaskShare | None = None
    canaries: tuple[str, ...] = ()
    whole: bool = True
    seconds: float = 0.0


class SplitDrawn(Model):
    """What making the tasks of a split showed.

    Attributes:
        size: tasks of the split.
        drawn: how many were looked at.
        candidates: how many were drawn until those were there, where the generator tells.
        seconds_each: to make one.
        canaries: those looked at that have no solution.
    """

    split: Split
    size: int
    drawn: int
    candidates: int | None
    seconds_each: float
    canaries: int


class Gate(Model):
    """Of the tasks that were played, how many are fit: the solution gets 1, and doing nothing gets less."""

    tasks: int
    passed: int


class Told(Model):
    """A table or single figures that the environment itself tells of its tasks."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class LevelProfile(Model):
    """What tasks of one level are like; means and medians over those that were looked at or played.

    Attributes:
        drawn: tasks looked at.
        prompt_chars: median length of the prompt.
        file_chars: median length of all files together.
        played: tasks played; canaries are none of them.
        oracle_turns: mean turns of the solution.
        oracle_calls: mean tool calls of it.
        oracle: successes of the solution.
        noop: mean reward of doing nothing.
        policy: successes of the policy that was named.
        policy_played: episodes of it that count.
    """

    level: int
    drawn: int
    prompt_chars: int
    file_chars: int
    played: int
    oracle_turns: float | None
    oracle_calls: float | None
    oracle: int
    noop: float | None
    policy: int
    policy_played: int


class KindCell(Model):
    """Tasks of one family and level: how many were looked at, and what the policy made of those that it played."""

    family: str
    level: int
    drawn: int
    episodes: int = 0
    successes: int = 0


class Difficulty(Model):
    """The profile, and who played it beside the scripts."""

    policy: str = ""
    levels: tuple[LevelProfile, ...] = ()
    kinds: tuple[KindCell, ...] = ()


class Pair(Model):
    """Two tasks that are nearly the same, by the share of text that they have in common."""

    similarity: float
    one: str
    other: str
    across: bool


class Duplicates(Model):
    """What the comparison of tasks with one another came to.

    Attributes:
        compared: tasks.
        too_small: tasks that have too little of their own to be compared.
        threshold: the similarity from which a pair is told.
        evaluated: tasks of demo and eval among them.
        evaluated_in_train: how many of those have a near-duplicate among the train tasks that were looked at.
        pairs_in_all: pairs found.
        pairs_across: those of them of a train task and another.
        pairs: the worst of them.
    """

    compared: int
    too_small: int
    threshold: float
    evaluated: int
    evaluated_in_train: int
    pairs_in_all: int
    pairs_across: int
    pairs: tuple[Pair, ...]


class OpenEnvResult(Model):
    """One check in the form of OpenEnv's RFC 008."""

    check_id: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$")
    status: Literal["pass", "fail", "skip", "error"]
    measured: dict[str, JsonValue] = Field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    remediation: str | None = None
    duration_s: float = Field(default=0.0, ge=0)


class OpenEnvReport(Model):
    """What was measured, in the form of OpenEnv's RFC 008; checks that were not made are absent."""

    report_schema_version: Literal["1"] = "1"
    target: str
    policy_version: Literal["v1"] = "v1"
    lane: Literal["local"] = "local"
    results: tuple[OpenEnvResult, ...]
    verdict: Literal["pass", "warn", "fail"]


class AuditReport(Model):
    """The whole document.

    Attributes:
        schema_version: of this form.
        target: what was audited, as it was named.
        env_id: the environment that plays it.
        agentgym: the version that played.
        sandbox: the backend of its boxes, or `none`.
        seed: chose tasks.
        options: what the environment was made with.
        command: that made this report.
        verdict: what it comes to.
        findings: the contract's checks and the audit's own, in order.
        panel: the attacks.
        splits: what making tasks showed.
        gate: how many of the tasks that were played are fit.
        told: what the environment tells of its tasks.
        difficulty: the profile.
        duplicates: tasks that are nearly the same.
        openenv: the same in the form of OpenEnv's RFC 008.
        seconds: the audit took.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    target: str
    env_id: str
    agentgym: str
    sandbox: str
    seed: int
    options: dict[str, JsonValue] = Field(default_factory=dict)
    command: str = ""
    verdict: Verdict
    findings: tuple[Finding, ...]
    panel: Panel
    splits: tuple[SplitDrawn, ...]
    gate: Gate
    told: tuple[Told, ...] = ()
    difficulty: Difficulty
    duplicates: Duplicates
    openenv: OpenEnvReport
    seconds: float = 0.0

    def of(self, *outcomes: Outcome) -> list[Finding]:
        """Return the findings that ended so."""
        return [finding for finding in self.findings if finding.outcome in outcomes]
