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
# Of what limits.conf can set, all that a process shows.
SHOWN = (
    "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
    "sigpending", "stack",
)  # fmt: skip
RANGE = re.compile(r"(@?)(\d*):(\d*)")
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
        components = [_only_root_writes(claims), *_lines(plan, claims), _files_stay(plan, claims)]
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


def _lines(plan: Mapping[str, Any], claims: Claims) -> Iterator[Component]:
    """No line limits what no process shows (logins, priorities, roots), or somebody whom the ticket does not name."""
    unseen, strangers = [], []
    for path in sorted(claims.contents):
        for line in claims.text(path).splitlines():
            words = line.partition("#")[0].split()
            if len(words) > 3 and words[2].lower() not in SHOWN:
                unseen.append(f"{path}: {words[2]}")
            if len(words) > 1 and not concerned(words[0], plan["domains"]):
                strangers.append(f"{path}: {words[0]}")
    yield rule("each line limits what a process shows", not unseen, ", ".join(unseen)[:400] or "all do")
    yield rule("no line is about others", not strangers, ", ".join(strangers)[:400] or "none is")


def concerned(domain: str, domains: Mapping[str, Any]) -> bool:
    """Whether a line's domain is for all, root, or a user or group of the ticket, by name or by number.

    Args:
        domain: as a line has it.
        domains: `names` as lines may have them, numbers of `users` and `groups`, and whether the ticket is about `all`.
    """
    if domain in ("*", "root", *domains["names"]):
        return True
    match = RANGE.fullmatch(domain)
    if match is None:
        return False
    group, low, high = match.groups()
    if high and low in ("", high):
        return int(high) in domains["groups" if group else "users"]
    return bool(domains["all"] and low and not group and (not high or int(high) >= domains["far"]))


def _files_stay(plan: Mapping[str, Any], claims: Claims) -> Component:
    wrong = [path for path, text in plan["stays"].items() if path not in claims.contents or claims.text(path) != text]
    return rule("the files that must stay do", not wrong, ", ".join(wrong) or f"{len(plan['stays'])} files")


FAMILY = Limits()
