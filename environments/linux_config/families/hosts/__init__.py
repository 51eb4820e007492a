"""Names and addresses, judged by looking them up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.hosts import parsed, tickets
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
        components += [_stays(claims, *piece) for piece in plan["stays"]]
        components += _files(plan, claims, before | plan["laid"])
        return [*components, _only_root_writes(claims)]


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


def _stays(claims: Claims, path: str, text: str, where: str) -> Component:
    now = claims.text(path) if path in claims.contents else ""
    kept = {"all": now == text, "top": now.startswith(text), "piece": text in now}[where]
    return rule(f"{path} keeps what must stay", kept, "unchanged" if kept else f"lacks or adds to {text!r}")


def _files(plan: Mapping[str, Any], claims: Claims, before: Mapping[str, str]) -> Iterator[Component]:
    """What the files say about anything that the ticket does not name is what they said."""
    now = {path: claims.text(path) if path in claims.contents else "" for path in before}
    for view, checks in zip(plan["probe"]["views"], plan["checks"], strict=True):
        path = view["files"].get("/etc/hosts", "/etc/hosts")
        if path in plan["laid"]:
            wanted = {check["ask"][1].lower(): check["want"] for check in checks if _moves(check, "address")}
            yield _same(path, parsed.hosts(before[path]), parsed.hosts(now[path]), wanted)
    if "/etc/services" in plan["laid"]:
        path, checks = "/etc/services", plan["checks"][0]
        wanted = {c["ask"][1]: [f"{c['want']}/{c['ask'][2]}"] for c in checks if _moves(c, "port")}
        yield _same(path, parsed.services(before[path]), parsed.services(now[path]), wanted)
    if not any(view["name"] for view in plan["probe"]["views"]):
        yield _sources(plan, before["/etc/nsswitch.conf"], now["/etc/nsswitch.conf"])
    if plan["resolver"]:
        found = parsed.resolver(now["/etc/resolv.conf"])
        yield goal("what resolv.conf says", found == plan["resolver"], f"wanted {plan['resolver']}, got {found}"[:400])


def _moves(check: Mapping[str, Any], what: str) -> bool:
    return bool(check["goal"] and check["ask"][0] == what)


def _same(path: str, before: parsed.Pairs, now: parsed.Pairs, wanted: Mapping[str, list[str] | None]) -> Component:
    """Names of the ticket lead to nothing beyond what is wanted, and all others where they led."""
    wrong = [
        f"{name} ({', '.join(sorted(now.get(name, ()))) or 'gone'})"
        for name in sorted(before.keys() | now.keys())
        if (now.get(name, set()) - set(wanted[name] or ()) if name in wanted else now.get(name) != before.get(name))
    ]
    return rule(f"{path} says nothing else", not wrong, "; ".join(wrong)[:400] or "all other entries are as they were")


def _sources(plan: Mapping[str, Any], before: str, now: str) -> Component:
    """Databases keep their sources; where the ticket is about those of hosts, these come from no new ones."""
    were, are = parsed.sources(before), parsed.sources(now)
    wrong = sorted(name for name in were.keys() | are.keys() if were.get(name) != are.get(name))
    if plan["other_sources"] and "hosts" in wrong:
        words = [word for word in are.get("hosts", []) if not word.startswith("[")]
        wrong = [name for name in wrong if name != "hosts" or set(words) - {"files", "dns", *were["hosts"]}]
    return rule("databases keep their sources", not wrong, f"other sources for {', '.join(wrong) or 'none'}"[:400])


def _only_root_writes(claims: Claims) -> Component:
    wrong = [node["path"] for node in claims.nodes if node["uid"] or node["mode"] & 0o002 or _group_writes(node)]
    return rule("only root writes the files", not wrong, ", ".join(wrong)[:400] or "they are root's")


def _group_writes(node: Mapping[str, Any]) -> bool:
    return bool(node["acl"] or node["default_acl"] or (node["mode"] & 0o020 and node["gid"]))


def _shown(answer: object) -> str:
    return json.dumps(answer) if answer else "nothing"


def _with_token(plan: Mapping[str, Any], token: str) -> dict[str, Any]:
    filled: dict[str, Any] = json.loads(json.dumps(dict(plan)).replace("TOKEN", token))
    return filled


FAMILY = Hosts()
