"""The page of an audit: whole without a network, with hostile text, and in a browser of any width."""

from __future__ import annotations

from pathlib import Path

import pytest
from audited import AlwaysOne, audited
from browsing import browse
from played_run import HOSTILE

from agentgym.audit.page import BY_URGENCY, page
from agentgym.audit.report import AuditReport, Finding, KindCell, Outcome

pytest.importorskip("jinja2", reason="the report extra is not installed")


@pytest.fixture(scope="module")
def report() -> AuditReport:
    found = audited(AlwaysOne)
    lost = Finding(name="hostile", states=HOSTILE, outcome=Outcome.LOST, why=HOSTILE, reproduce=HOSTILE)
    kinds = [
        KindCell(family=HOSTILE, level=1, drawn=3),
        KindCell(family="sum", level=2, drawn=1, episodes=4, successes=3),
    ]
    return found.model_copy(
        update={
            "target": HOSTILE,
            "findings": (*found.findings, lost),
            "difficulty": found.difficulty.model_copy(update={"kinds": tuple(kinds), "policy": "openai:x"}),
        }
    )


def test_all_of_it_is_on_one_page_that_loads_nothing(report: AuditReport) -> None:
    html = page(report)
    counted = next(each for each in report.findings if each.name == "episodes_are_judged").measured["episodes"]
    shares = ("3 of 4", "get the whole reward on 3 of 3")
    for said in ("✗ faulty", "no_attack_pays", *shares, "<code>setup</code> alone", f">{counted} episodes<"):
        assert said in html
    assert "<script>document.title" not in html
    assert "<img" not in html
    for loads in ("http://", "https://", '<link rel="stylesheet"', " src="):
        assert loads not in html.replace(" src=x onerror", "")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(1200, False), (700, False), (390, True)])
def test_it_is_read_in_a_browser(report: AuditReport, tmp_path: Path, width: int, dark: bool) -> None:
    file = tmp_path / "audit.html"
    file.write_text(page(report), encoding="utf-8")
    script = """
    const order = all('#findings tbody tr').map((row) => row.dataset.outcome);
    const broken = all('#findings th code').filter((name) => name.getClientRects().length > 1).length;
    choose('#outcome', 'failed');
    const signs = all('.grid td').map((cell) => cell.textContent.trim());
    return {
      shown: one('#shown-findings').textContent,
      visible: all('#findings tbody tr:not([hidden])').map((row) => row.dataset.outcome),
      order: order,
      broken: broken,
      fits: one('#findings').scrollWidth <= one('#findings').parentElement.clientWidth,
      signs: [...new Set(signs)],
      labelled: all('.grid td [role=img]').every((cell) => cell.getAttribute('aria-label')),
      wide: document_.documentElement.scrollWidth - document_.documentElement.clientWidth,
      reached: all('.scroll').every((region) => region.tabIndex === 0),
      title: document_.title,
    };"""
    seen = browse(file, script, width=width, dark=dark)
    assert seen.complaints == []
    answer = seen.answer
    assert "error" not in answer, answer
    failed = len(report.of(Outcome.FAILED))
    assert answer["shown"] == f"{failed} of {len(report.findings)} checks"
    assert answer["order"] == sorted(answer["order"], key=list(BY_URGENCY).index)
    assert answer["order"][:failed] == ["failed"] * failed
    assert answer["broken"] == 0
    assert answer["fits"]
    assert answer["visible"] == ["failed"] * failed
    assert "✗" in answer["signs"]
    assert answer["labelled"]
    assert answer["reached"]
    assert answer["wide"] <= 0
    assert answer["title"] != "stolen"
