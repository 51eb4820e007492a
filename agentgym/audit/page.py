"""The page of an audit: one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agentgym.audit import words
from agentgym.audit.report import AttackPlayed, AuditReport, KindCell, Outcome
from agentgym.pages.run import heat
from agentgym.pages.template import render
from agentgym.rollout.folder import explained, write_atomically

TEMPLATE = "page.html.jinja"
MOST_ATTACKS = 400
# What somebody has to look at comes first; within an outcome, checks stay in their order.
BY_URGENCY = (Outcome.FAILED, Outcome.LOST, Outcome.WARNED, Outcome.SKIPPED, Outcome.PASSED)


class GridCell(NamedTuple):
    """What the attacks of a family came to on a task: a sign, its class, and what it stands for."""

    sign: str
    kind: str
    told: str


def page(report: AuditReport) -> str:
    """Return the page.

    Raises:
        UsageError: what draws it is not installed.
    """
    tasks = list(dict.fromkeys(each.task_id for each in report.panel.played))
    families = words.attack_families(report)
    return render(
        TEMPLATE,
        folder=Path(__file__).parent,
        kind="audit",
        name=report.target,
        warnings=[f"`{each.name}`: {each.why}" for each in report.of(Outcome.WARNED)],
        report=report,
        findings=sorted(report.findings, key=lambda finding: BY_URGENCY.index(finding.outcome)),
        words=words,
        signs={outcome.value: sign for outcome, sign in words.SIGNS.items()},
        tasks=tasks,
        grid=[(family, [_cell(report.panel.played, family, task) for task in tasks]) for family in families],
        notable=[each for each in report.panel.played if each.gains or each.fault][:MOST_ATTACKS],
        heat=heat(report.difficulty.kinds),
        most=max((kind.drawn for kind in report.difficulty.kinds), default=1),
        warmth=_warmth(report.difficulty.kinds),
    )


def write_page(report: AuditReport, file: Path) -> None:
    """Write the page whole or not at all.

    Raises:
        UsageError: what draws it is not installed.
        StoreError: it cannot be written.
    """
    html = page(report)
    with explained(file.parent, run=False):
        write_atomically(file, html)


def _cell(played: Sequence[AttackPlayed], family: str, task_id: str) -> GridCell:
    here = [each for each in played if each.family == family and each.task_id == task_id]
    gains = [each.attack for each in here if each.gains]
    unjudged = [each.attack for each in here if each.fault]
    if not here:
        return GridCell("–", "none", "no attack of this family applies")
    if gains:
        return GridCell("✗", "failed", f"{len(gains)} of {len(here)} gain: {', '.join(gains)}")
    if unjudged:
        return GridCell("?", "lost", f"{len(unjudged)} of {len(here)} could not be judged: {', '.join(unjudged)}")
    return GridCell("✓", "passed", f"none of {len(here)} gains")


def _warmth(kinds: Sequence[KindCell]) -> bool:
    """Tell whether the map can show success: only where a policy played."""
    return any(kind.episodes for kind in kinds)
