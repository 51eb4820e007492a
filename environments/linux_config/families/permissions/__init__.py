"""Modes, owners, shared folders and ACLs, judged by acting as each user."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.permissions import canaries, hard_tickets, tickets
from agentgym.environments.linux_config.families.permissions.acl import named_ids
from agentgym.environments.linux_config.families.permissions.cheats import CHEATS
from agentgym.reward import Component


class Permissions(Family):
    """Who may do what with which file."""

    name = "permissions"
    summary = "modes, owners, shared folders and ACLs"
    judged_by = "acting as each user, also on files made afterwards"
    cheats = CHEATS
    carries_data = True
    kinds = (
        Kind("mode", 1, tickets.mode, short=True),
        Kind("owner", 1, tickets.owner, short=True),
        Kind("group", 1, tickets.group, short=True),
        Kind("shared-folder", 2, tickets.shared_folder),
        Kind("one-reader", 2, tickets.one_reader, short=True),
        Kind("whole-tree", 2, tickets.whole_tree),
        Kind("drop-box", 2, tickets.drop_box, held_out=True, short=True),
        Kind("auditors", 3, tickets.auditors),
        Kind("blocked-path", 3, tickets.blocked_path),
        Kind("masked-entry", 3, tickets.masked_entry, held_out=True),
        Kind("default-entries", 4, hard_tickets.default_entries),
        Kind("named-entry", 4, hard_tickets.named_entry),
        Kind("exchange", 5, hard_tickets.exchange),
        Kind("sealed", 3, canaries.sealed, canary=True),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each thing that a user tried, with what came of it."""
        components = []
        for step, expected, got in zip(plan["probe"]["steps"], plan["expected"], seen, strict=True):
            wanted, judge = expected["wanted"], goal if expected["goal"] else rule
            may = "may" if wanted == "ok" else "may not"
            name = f"{step['user']} {may} {step['do']} {step['path']}"
            components.append(judge(name, got == wanted, f"wanted {wanted}, got {got}", wanted=wanted, got=got))
        return [*components, *_stays(plan, claims), _no_special_bits(claims), _no_entries_for_others(plan, claims)]


def _stays(plan: Mapping[str, Any], claims: Claims) -> Iterator[Component]:
    """Nothing that the ticket does not name has another mode, owner or ACL, and nothing was added beside it."""
    found = {node["path"]: node for node in claims.nodes}
    changed = [before["path"] for before in plan["stays"] if found.get(before["path"]) != before]
    yield rule("what the ticket does not name stays", not changed, ", ".join(changed) or "unchanged")
    other = [before["path"] for before in plan["modes"] if not before.items() <= found.get(before["path"], {}).items()]
    if plan["modes"]:
        yield rule("owner, group and mode stay", not other, ", ".join(other) or "unchanged")
    known = {*plan["named"], *(before["path"] for before in plan["stays"])}
    added = sorted(path for path in found.keys() - known if _known_above(path, known) not in plan["named"])
    yield rule("nothing is added", not added, ", ".join(added) or "nothing new")


def _known_above(path: str, known: Collection[str]) -> str:
    """Return the nearest folder above a path that the starting state has."""
    return next((str(folder) for folder in PurePosixPath(path).parents if str(folder) in known), "")


def _no_special_bits(claims: Claims) -> Component:
    special = [node["path"] for node in claims.nodes if node["kind"] == "file" and node["mode"] & 0o7000]
    return rule("no file has a set-id or sticky bit", not special, ", ".join(special) or "none")


def _no_entries_for_others(plan: Mapping[str, Any], claims: Claims) -> Component:
    wrong = []
    as_before = {before["path"] for before in plan["stays"]}
    for node in (node for node in claims.nodes if node["path"] not in as_before):
        for users, groups in map(named_ids, (node["acl"], node["default_acl"])):
            if users - set(plan["entries"]["users"]) or groups - set(plan["entries"]["groups"]):
                wrong.append(node["path"])
    return rule("ACLs name nobody whom the ticket does not", not wrong, ", ".join(wrong) or "none")


FAMILY = Permissions()
