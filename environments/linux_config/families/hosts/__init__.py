"""Names and addresses, judged by looking them up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.hosts import tickets
from agentgym.environments.linux_config.families.hosts.cheats import CHEATS
from agentgym.reward import Component


class Hosts(Family):
    """/etc/hosts, /etc/nsswitch.conf, /etc/resolv.conf and /etc/services."""

    name = "hosts"
    summary = "names and addresses: the hosts file, the order of sources, search domains, services"
    judged_by = "the C library's lookups in both directions, with a nameserver that answers and notes what it is asked"
    cheats = CHEATS
    kinds = (
        Kind("wrong-address", 1, tickets.wrong_address, short=True),
        Kind("new-name", 1, tickets.new_name, short=True),
        Kind("service-name", 1, tickets.service_name, held_out=True, short=True),
        Kind("files-first", 2, tickets.files_first, short=True),
        Kind("primary-name", 2, tickets.primary_name),
        Kind("search-list", 2, tickets.search_list),
        Kind("retired-host", 3, tickets.retired_host),
        Kind("no-dns", 3, tickets.no_dns, short=True),
        Kind("second-line", 4, tickets.second_line),
        Kind("stopped-early", 4, tickets.stopped_early, short=True),
        Kind("last-search", 4, tickets.last_search, held_out=True),
        Kind("same-everywhere", 5, tickets.same_everywhere),
        Kind("moved-host", 5, tickets.moved_host),
    )

    def plan(self, plan: Mapping[str, Any], claims: Claims, token: str) -> dict[str, Any]:
        """Return what to look up; the names that nobody could foresee hold the token."""
        return super().plan(_with_token(plan, token), claims, token)

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each lookup, for what the nameservers were asked, and for what must stay."""
        plan = _with_token(plan, token)
        components = []
        for view, checks, answers in zip(plan["probe"]["views"], plan["checks"], seen["answers"], strict=True):
            components += [_lookup(view["name"], check, answer) for check, answer in zip(checks, answers, strict=True)]
        if plan["quiet"]:
            components.append(_quiet(plan["quiet"], seen["asked"]))
        for path, text in plan["stays"]:
            kept = path in claims.contents and text in claims.text(path)
            components.append(rule(f"{path} keeps what must stay", kept, "unchanged" if kept else f"lacks {text!r}"))
        return components


def _lookup(view: str, check: Mapping[str, Any], answer: object) -> Component:
    where = f" on {view}" if view else ""
    judged = goal if check["goal"] else rule
    name = f"{check['ask'][0]} of {' '.join(map(str, check['ask'][1:]))}{where}"
    return judged(name, answer == check["want"], f"wanted {_shown(check['want'])}, got {_shown(answer)}")


def _quiet(quiet: Mapping[str, Any], asked: list[tuple[str, str]]) -> Component:
    """The nameservers, or one of them, were not asked for these names, or for nothing at all if there are none."""
    servers = [(server, name) for server, name in asked if quiet["server"] in ("", server)]
    heard = sorted({name for _, name in servers if not quiet["names"] or name in quiet["names"]})
    judged = goal if quiet["goal"] else rule
    return judged("what nameservers are not asked", not heard, f"asked for {', '.join(heard)[:300] or 'none of it'}")


def _shown(answer: object) -> str:
    return json.dumps(answer) if answer else "nothing"


def _with_token(plan: Mapping[str, Any], token: str) -> dict[str, Any]:
    filled: dict[str, Any] = json.loads(json.dumps(dict(plan)).replace("TOKEN", token))
    return filled


FAMILY = Hosts()
