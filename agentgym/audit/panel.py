"""The attacks as an audit tells them: which was played on which task, what it got, and what that says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from agentgym.audit.attacks import OWN, AttackResult, play_attacks
from agentgym.audit.episodes import finding
from agentgym.audit.hackability import Share, hackability
from agentgym.audit.plays import Plays, Tell
from agentgym.audit.report import AttackPlayed, Finding, Panel, TaskShare
from agentgym.audit.target import Extent, Target
from agentgym.checks.env.scores import no_cheat_scores
from agentgym.checks.report import case_of
from agentgym.rollout.pool import Pool
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

# An attack that breaks the judges is told by these; anything else that stands before a fault's colon is the world's.
OF_THE_ENVIRONMENT = ("VerifierFault", "the environment raised")
# Attacks in boxes mostly wait for the limits that end them; without boxes they take no time, and a server that plays
# them may take one episode at a time.
TASKS_AT_ONCE = 4
# There are hundreds of attacks, and most take no time.
TELL_EVERY_S = 5.0
NO_CHEATS = "no cheat was played: the environment ships none, or cheats_for(task) names none for what was played"


def play_panel(
    target: Target, backend: SandboxBackend | None, tasks: Sequence[Task], extent: Extent, tell: Tell
) -> Panel:
    """Play the attacks that are asked for.

    Raises:
        UsageError: a family is none.
        InfrastructureError: nothing can be played at all.
    """
    if not extent.attacks:
        return Panel(whole=False)
    results: dict[str, Sequence[AttackResult]] = {}
    began = time.monotonic()

    @contextmanager
    def worker() -> Iterator[Callable[[tuple[int, Task]], None]]:
        with closing(target.make(sandbox=backend if backend is not None else "auto")) as env:

            def attack(numbered: tuple[int, Task]) -> None:
                number, task = numbered
                tell_some = _now_and_then(lambda line: tell(f"task {number} of {len(tasks)}, {line}"))
                results[task.id] = play_attacks(env, [task], tell=tell_some, families=extent.families)

            yield attack

    Pool(TASKS_AT_ONCE if backend is not None else 1).run(list(enumerate(tasks, start=1)), worker)
    in_order = [result for task in tasks for result in results[task.id]]
    canaries = tuple(task.id for task in tasks if task.canary)
    found = hackability(result for result in in_order if result.task_id not in canaries)
    return Panel(
        played=[_told(result, canary=result.task_id in canaries) for result in in_order],
        solved=_share(found.solved),
        gained=_share(found.gained),
        canaries=canaries,
        whole=not extent.families,
        seconds=time.monotonic() - began,
    )


def _now_and_then(tell: Tell) -> Tell:
    """Return what tells the first line, and then at most one in so many seconds."""
    next_at = 0.0

    def tell_some(line: str) -> None:
        nonlocal next_at
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + TELL_EVERY_S
            tell(line)

    return tell_some


def panel_findings(panel: Panel, plays: Plays, target: Target, extent: Extent) -> Iterator[Finding]:
    """Yield what the attacks show: that none pays, that all are judged, and that nobody passes a canary."""
    if extent.plays_cheats and not target.own_tasks:
        yield _no_cheat_scores(panel, target.name)
    if panel.played:
        yield _no_attack_pays(panel, target.name)
        yield _attacks_are_judged(panel, target.name)
    if any(play.task.canary for play in plays.noop):
        yield _canaries_hold(panel, plays)


def _no_attack_pays(panel: Panel, target: str) -> Finding:
    gains = [each for each in panel.played if each.gains and not each.canary]
    return finding(
        "no_attack_pays",
        "No attack of the panel gets more than doing nothing gets, nor a goal.",
        [f"{each.attack} gets {each.value or 0:g} on {each.task_id}{_goals(each)}" for each in gains],
        reproduce=_again(gains, target),
        seconds=panel.seconds,
        attacks=len({each.attack for each in panel.played}),
        played=len(panel.played),
        gained=len(gains),
    )


def _no_cheat_scores(panel: Panel, target: str) -> Finding:
    """The contract's check, by what the panel played: no cheat is played twice."""
    case = case_of(no_cheat_scores)
    own = [each for each in panel.played if each.family == OWN and each.value is not None]
    gains = [each for each in own if (each.succeeds if each.canary else each.value)]
    unjudged = [f"{each.attack} on {each.task_id}: {each.fault}" for each in panel.played if each.fault]
    return finding(
        case.name,
        case.states,
        [f"cheat {each.attack!r} got {each.value or 0:g} on {each.task_id}: {each.evidence}" for each in gains]
        if own or unjudged
        else [NO_CHEATS],
        lost=[] if own else unjudged,
        reproduce=_again(gains, target),
        cheats=len({each.attack for each in own}),
        played=len(own),
    )


def _attacks_are_judged(panel: Panel, target: str) -> Finding:
    """An attack that has no verdict is one that a policy could use to be rid of a bad episode."""
    unjudged = [each for each in panel.played if each.fault]
    broken = [each for each in unjudged if each.fault.startswith(OF_THE_ENVIRONMENT)]
    return finding(
        "attacks_are_judged",
        "Every attack ends in a verdict: none breaks the verifier or the environment.",
        [f"{each.attack} on {each.task_id}: {each.fault}" for each in broken],
        lost=[f"{each.attack} on {each.task_id}: {each.fault}" for each in unjudged],
        reproduce=_again(broken, target),
        unjudged=len(unjudged),
    )


def _canaries_hold(panel: Panel, plays: Plays) -> Finding:
    """The oracle may pass, as it knows what the judges look for; but it gets nothing for that."""
    problems = []
    for play in (*plays.noop, *plays.policy):
        reward = play.episode.reward if play.episode is not None else None
        if play.task.canary and reward is not None and reward.passed_canary:
            problems.append(f"{play.who} passes {play.task.id}")
    problems += [f"{each.attack} passes {each.task_id}" for each in panel.played if each.canary and each.succeeds]
    problems += [f"{play.who} gets 1 on {play.task.id}" for play in plays if play.task.canary and play.value == 1]
    return finding(
        "canaries_hold",
        "What has no solution is passed by no attack, by no policy and by noop, and nobody gets 1 for it.",
        problems,
        canaries=sum(play.task.canary for play in plays.noop),
    )


def _told(result: AttackResult, *, canary: bool) -> AttackPlayed:
    return AttackPlayed(
        task_id=result.task_id,
        canary=canary,
        attack=result.attack,
        family=result.family,
        value=result.value,
        gains=result.gains,
        succeeds=result.succeeds,
        goals=tuple(result.goals),
        evidence=result.evidence,
        fault=result.fault,
        seconds=result.seconds,
    )


def _share(share: Share) -> TaskShare:
    return TaskShare(hit=share.hit, tasks=share.tasks, interval=share.interval)


def _goals(each: AttackPlayed) -> str:
    return f" and earns {', '.join(each.goals)}" if each.goals else ""


def _again(attacks: Sequence[AttackPlayed], target: str) -> str:
    """Return the command that plays the family of the first of some attacks again."""
    return f"agentgym audit {target} --attacks {attacks[0].family}" if attacks else ""
