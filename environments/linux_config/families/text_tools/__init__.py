"""Programs that read logs and print reports, judged by their output on hidden inputs."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from agentgym.environments.linux_config.families.base import Claims, Commands, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.scripts import only_root_writes
from agentgym.environments.linux_config.families.text_tools import formats, hard_tickets, reports, tickets
from agentgym.environments.linux_config.families.text_tools.cases import Case
from agentgym.environments.linux_config.families.text_tools.cheats import CHEATS
from agentgym.reward import Component

SHOWN = 90
REPORTS: Mapping[str, Callable[[dict[str, Any], random.Random], list[Case]]] = {
    report.__name__: report
    for report in (
        reports.top_clients,
        reports.status_class,
        reports.any_case,
        reports.errors_per_hour,
        reports.by_account,
        reports.once,
        formats.column_totals,
        formats.rotated,
        formats.masked,
        formats.wrapped,
        formats.told_fields,
        formats.merged,
        formats.piped,
    )
}


class TextTools(Family):
    """Small programs for logs, tables and streams of text."""

    name = "text-tools"
    summary = "programs that read logs and tables and print reports"
    judged_by = "running the program on hidden inputs, and comparing every byte that it prints"
    cheats: ClassVar[Mapping[str, Commands]] = CHEATS
    runs_scripts = True
    kinds = (
        Kind("top-clients", 1, tickets.top_clients, short=True),
        Kind("status-class", 1, tickets.status_class, short=True),
        Kind("any-case", 1, tickets.any_case, short=True),
        Kind("errors-per-hour", 2, tickets.errors_per_hour),
        Kind("by-account", 2, tickets.by_account),
        Kind("once", 2, tickets.once, held_out=True),
        Kind("column-totals", 3, tickets.column_totals),
        Kind("rotated", 3, tickets.rotated),
        Kind("masked", 3, tickets.masked, held_out=True),
        Kind("wrapped", 4, hard_tickets.wrapped),
        Kind("told-fields", 4, hard_tickets.told_fields),
        Kind("merged", 5, hard_tickets.merged),
        Kind("piped", 5, hard_tickets.piped, held_out=True),
    )

    def plan(self, plan: Mapping[str, Any], claims: Claims, token: str) -> dict[str, Any]:
        """Return the hidden inputs without what must be printed for them."""
        cases = [_sent(case, plan) for case in _cases(plan, token)]
        return {**super().plan(plan, claims, token), "cases": cases}

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """What is printed for the hidden inputs, and that they stay as they were."""
        pairs = list(zip(_cases(plan, token), seen["cases"], strict=True))
        hidden = [f"{case.name}: {fault}" for case, run in pairs if not case.edge and (fault := _fault(case, run))]
        count = sum(not case.edge for case in _cases(plan, token))
        components = [
            goal("hidden inputs", not hidden, "; ".join(hidden)[:1500] or f"right for {count}"),
            *(rule(case.name, not (fault := _fault(case, run)), fault or "right") for case, run in pairs if case.edge),
            _inputs_stay(pairs),
            rule("nothing is left elsewhere", not seen["strays"], f"added: {seen['strays']!a}"),
            only_root_writes(claims),
        ]
        if plan["stays"]:
            changed = [path for path, text in plan["stays"].items() if claims.contents.get(path) != text.encode()]
            components.append(rule("what a package owns stays", not changed, ", ".join(changed) or "unchanged"))
        return components


def _cases(plan: Mapping[str, Any], token: str) -> list[Case]:
    return REPORTS[plan["report"]](dict(plan["params"]), random.Random(token))


def _sent(case: Case, plan: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "program": case.program or plan["program"],
        "argv": list(case.argv),
        "files": {name: base64.b64encode(data).decode() for name, data in case.files.items()},
        "stdin": base64.b64encode(case.stdin).decode(),
        "inside": case.inside,
        "swaps": dict(case.swaps),
    }


def _fault(case: Case, run: Mapping[str, Any]) -> str:
    """Return what is wrong with a run, empty if nothing is."""
    printed = base64.b64decode(run["head"])
    if run["status"] is None:
        return "it did not end"
    if case.wanted is None:
        return "" if run["status"] and not printed else f"it must fail; status {run['status']}, {printed[:SHOWN]!r}"
    if run["status"]:
        return f"status {run['status']}"
    if run["digest"] == hashlib.sha256(case.wanted).hexdigest():
        return ""
    pairs = enumerate(zip(case.wanted, printed, strict=False))
    start = next((i for i, (a, b) in pairs if a != b), min(len(case.wanted), len(printed)))
    start = max(0, start - SHOWN // 3)
    return f"wanted {case.wanted[start : start + SHOWN]!r}, got {printed[start : start + SHOWN]!r}"


def _inputs_stay(pairs: list[tuple[Case, Mapping[str, Any]]]) -> Component:
    changed = [
        case.name
        for case, run in pairs
        if run["files"] != {name: hashlib.sha256(data).hexdigest() for name, data in case.files.items()}
    ]
    return rule("the inputs stay, and nothing is added", not changed, f"changed by: {', '.join(changed) or 'no run'}")


FAMILY = TextTools()
