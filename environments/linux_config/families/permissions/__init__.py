"""Modes, owners, shared folders and ACLs, judged by acting as each user."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, rule
from agentgym.environments.linux_config.families.permissions import tickets
from agentgym.reward import Component

# Of an ACL's extended attribute: a version, then tag, permissions and id of each entry.
HEAD_BYTES, ENTRY = 4, struct.Struct("<HHI")
USER_ENTRY, GROUP_ENTRY, NOBODY_KNOWN = 0x02, 0x08, -1


class Permissions(Family):
    """Who may do what with which file."""

    name = "permissions"
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
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each thing that a user tried, with what came of it."""
        components = []
        for step, wanted, got in zip(plan["probe"]["steps"], plan["expected"], seen, strict=True):
            may = "may" if wanted == "ok" else "may not"
            name = f"{step['user']} {may} {step['do']} {step['path']}"
            components.append(rule(name, got == wanted, f"wanted {wanted}, got {got}", wanted=wanted, got=got))
        return [*components, *_stays(plan, claims), _no_special_bits(claims), _no_entries_for_others(plan, claims)]


def _stays(plan: Mapping[str, Any], claims: Claims) -> Iterator[Component]:
    """Nothing that the ticket does not name has another mode, owner or ACL, and nothing was added beside it."""
    found = {node["path"]: node for node in claims.nodes}
    plain = {"acl": "", "default_acl": ""}
    changed = [before["path"] for before in plan["stays"] if found.get(before["path"]) != {**before, **plain}]
    yield rule("what the ticket does not name stays", not changed, ", ".join(changed) or "unchanged")
    known = {*plan["named"], *(before["path"] for before in plan["stays"])}
    inside = tuple(f"{path}/" for path in plan["named"])
    added = sorted(path for path in found.keys() - known if not path.startswith(inside))
    yield rule("nothing is added", not added, ", ".join(added) or "nothing new")


def _no_special_bits(claims: Claims) -> Component:
    special = [node["path"] for node in claims.nodes if node["kind"] == "file" and node["mode"] & 0o7000]
    return rule("no file has a set-id or sticky bit", not special, ", ".join(special) or "none")


def _no_entries_for_others(plan: Mapping[str, Any], claims: Claims) -> Component:
    wrong = []
    for node in claims.nodes:
        for users, groups in map(_named_ids, (node["acl"], node["default_acl"])):
            if users - set(plan["entries"]["users"]) or groups - set(plan["entries"]["groups"]):
                wrong.append(node["path"])
    return rule("ACLs name nobody whom the ticket does not", not wrong, ", ".join(wrong) or "none")


def _named_ids(acl: str) -> tuple[set[int], set[int]]:
    """Return the users and groups that an ACL has entries for, from its extended attribute in hexadecimal (acl(5))."""
    data = bytes.fromhex(acl)[HEAD_BYTES:]
    if len(data) % ENTRY.size:
        return {NOBODY_KNOWN}, set()  # a claim that no file system would hold
    entries = list(ENTRY.iter_unpack(data))
    return {who for tag, _, who in entries if tag == USER_ENTRY}, {who for tag, _, who in entries if tag == GROUP_ENTRY}


FAMILY = Permissions()
