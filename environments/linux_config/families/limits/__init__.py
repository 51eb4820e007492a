"""Limits of processes, judged by the limits that sessions have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.limits import tickets
from agentgym.environments.linux_config.families.limits.cheats import CHEATS
from agentgym.reward import Component

ROW = re.compile(r"^(Max [a-z ]+?) {2,}(\w+) +(\w+)", re.MULTILINE)
# What limits.conf can set and no process shows.
UNSEEN = re.compile(r"\b(maxlogins|maxsyslogins|priority|chroot)\b")
OTHERS_MAY_WRITE = 0o022

Table = Mapping[str, Sequence[str]]


class Limits(Family):
    """/etc/security/limits.conf and the files in /etc/security/limits.d."""

    name = "limits"
    summary = "limits of users' and groups' processes"
    judged_by = "the limits in sessions of old and new users, members and others, and root"
    cheats = CHEATS
    kinds = (
        Kind("new-number", 1, tickets.new_number, short=True),
        Kind("hard-limit", 1, tickets.hard_limit, short=True),
        Kind("members", 2, tickets.members, short=True),
        Kind("service-user", 2, tickets.service_user),
        Kind("everybody", 2, tickets.everybody, short=True),
        Kind("exceptions", 3, tickets.exceptions),
        Kind("overridden", 4, tickets.overridden),
        Kind("own-line", 4, tickets.own_line, held_out=True, short=True),
        Kind("agree", 5, tickets.agree),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """Compare each user's limits with those of the ticket, and else with those of the pristine box."""
        components = [_only_root_writes(claims), _nothing_unseen(claims), _files_stay(plan, claims)]
        for user, limits in plan["limits"].items():
            usual = table(before["root" if user == "root" else "ordinary"])
            components += _user(user, limits, table(seen[user]), usual)
        return components


def table(text: str) -> Table:
    """Return soft and hard limit by the kernel's name, from the text of a `/proc/PID/limits`."""
    return {name: (soft, hard) for name, soft, hard in ROW.findall(text)}


def _user(user: str, limits: Mapping[str, Any], got: Table, usual: Table) -> Iterator[Component]:
    for name, limit in limits.items():
        wanted = tuple(
            value if value is not None else default for value, default in zip(limit["wanted"], usual[name], strict=True)
        )
        found = got.get(name, ("no session",))
        evidence = f"wanted {'/'.join(wanted)}, got {'/'.join(found)}"
        yield (goal if limit["goal"] else rule)(f"{user}: {name}", tuple(found) == wanted, evidence)
    wrong = [name for name in usual if name not in limits and got.get(name) != usual[name]]
    evidence = ", ".join(f"{name} {got.get(name)}" for name in wrong)[:400] or f"{len(usual) - len(limits)} limits stay"
    yield rule(f"{user}: other limits stay", not wrong, evidence)


def _only_root_writes(claims: Claims) -> Component:
    wrong = [
        f"{node['path']} {node['mode']:o} {node['uid']}"
        for node in claims.nodes
        if node["uid"] or node["mode"] & OTHERS_MAY_WRITE or node["acl"] or node["default_acl"]
    ]
    return rule("only root can write the files", not wrong, ", ".join(wrong)[:400] or "no other can")


def _nothing_unseen(claims: Claims) -> Component:
    """No line limits logins, priorities or roots, which no process shows."""
    found = []
    for path in sorted(claims.contents):
        lines = [line.partition("#")[0] for line in claims.text(path).splitlines()]
        found += [f"{path}: {match[1]}" for line in lines if (match := UNSEEN.search(line))]
    return rule("no line limits logins, priorities or roots", not found, ", ".join(found)[:400] or "none")


def _files_stay(plan: Mapping[str, Any], claims: Claims) -> Component:
    wrong = [path for path, text in plan["stays"].items() if path not in claims.contents or claims.text(path) != text]
    return rule("the files that must stay do", not wrong, ", ".join(wrong) or f"{len(plan['stays'])} files")


FAMILY = Limits()
