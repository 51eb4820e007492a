"""Keys of users and hosts, judged by logging in with good and bad ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.ssh_keys import cheats, clients, hosts, tickets
from agentgym.environments.linux_config.families.ssh_keys.lines import Line, read_lines
from agentgym.reward import Component

# Files that open doors, or start programs, by being there.
TELLING = ("authorized_keys", "authorized_keys2", "environment", "rc")
CLIENTS = ("config", "known_hosts2")


class SshKeys(Family):
    """Users' and hosts' authorized_keys and known_hosts, and the clients' configuration."""

    name = "ssh-keys"
    summary = "whose key opens which account, which hosts are known, and the client's configuration"
    judged_by = "logins with good and bad keys, from several addresses, and by users' own clients"
    cheats = cheats.CHEATS
    kinds = (
        Kind("add-key", 1, tickets.add_key, short=True),
        Kind("remove-key", 1, tickets.remove_key, short=True),
        Kind("loose-modes", 1, tickets.loose_modes, short=True),
        Kind("first-keys", 2, tickets.first_keys),
        Kind("host-alias", 2, clients.host_alias),
        Kind("one-job", 3, tickets.one_job),
        Kind("rebuilt-host", 3, clients.rebuilt_host),
        Kind("early-block", 4, clients.early_block),
        Kind("elsewhere", 4, tickets.elsewhere),
        Kind("first-line", 4, tickets.first_line, held_out=True, short=True),
        Kind("one-way", 5, hosts.one_way),
        Kind("replace-everywhere", 5, hosts.replace_everywhere, held_out=True),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each trial; then the files' keys, owners and modes."""
        return [
            *_trials(plan, seen),
            *_files(plan, claims),
            *_hosts(plan, claims),
            _unchanged(plan, claims),
            _added(plan, claims),
            _guarded(plan, claims),
        ]


def _trials(plan: Mapping[str, Any], seen: list[str]) -> Iterator[Component]:
    for number, (trial, wanted, got) in enumerate(zip(plan["probe"]["trials"], plan["expected"], seen, strict=True)):
        component = goal if wanted["new"] else rule
        name = f"{number + 1}: {trial['do']} of {trial['user']}"
        yield component(name, got == wanted["result"], f"wanted {wanted['result']}, got {got}", got=got)


def _files(plan: Mapping[str, Any], claims: Claims) -> Iterator[Component]:
    """Each file holds just the keys that it must, and the lines that nobody asked to change."""
    for path, wanted in plan["files"].items():
        if not wanted:
            continue
        lines = read_lines(claims.text(path)) if path in claims.contents else []
        was = read_lines(wanted["was"])
        extra, missing = _extra(wanted, lines), set(wanted["keys"]) - {line.blob for line in lines}
        said = f"{len(extra)} keys too many, {len(missing)} missing"
        yield (goal if _extra(wanted, was) else rule)(f"no other key is in {path}", not extra, said)
        lost = _lost(wanted, lines)
        kept = f"{len(lost)} of {len(wanted['kept'])} changed or gone"
        yield (goal if _lost(wanted, was) else rule)(f"other keys stay in {path}", not lost, kept)
        if wanted["restricted"]:
            loose = [line for line in lines if line.blob in wanted["restricted"] and not line.restricted]
            said = f"{len(loose)} lines without, {len(missing)} keys missing"
            yield goal(f"restrictions in {path}", not loose and not missing, said)


def _extra(wanted: Mapping[str, Any], lines: list[Line]) -> set[str]:
    return {line.blob for line in lines} - set(wanted["keys"])


def _lost(wanted: Mapping[str, Any], lines: list[Line]) -> list[Line]:
    return [line for text in wanted["kept"] for line in read_lines(text) if not _kept(line, lines)]


def _kept(wanted: Line, lines: list[Line]) -> bool:
    """Whether all lines of a key are as the one that was there."""
    same = [line for line in lines if line.blob == wanted.blob]
    return bool(same) and all(line == wanted for line in same)


def _hosts(plan: Mapping[str, Any], claims: Claims) -> Iterator[Component]:
    """Known hosts are known by the keys of the ticket's hosts, and by no authority."""
    for path, blobs in plan["hosts"].items():
        lines = claims.text(path).split("\n") if path in claims.contents else []
        words = [line.split() for line in lines if line.strip() and not line.lstrip().startswith(("#", "@revoked"))]
        wrong = [found for found in words if len(found) < 3 or found[2] not in blobs or found[0].startswith("@")]
        was = any(blob not in blobs for blob in plan["hosts_before"][path])
        yield (goal if was else rule)(f"no other key is in {path}", not wrong, f"{len(wrong)} lines with another key")


def _unchanged(plan: Mapping[str, Any], claims: Claims) -> Component:
    texts: Mapping[str, str] = plan["unchanged"]
    changed = [path for path, text in texts.items() if claims.contents.get(path) != text.encode()]
    return rule("other files stay", not changed, ", ".join(changed) or ", ".join(texts) or "there are none")


def _added(plan: Mapping[str, Any], claims: Claims) -> Component:
    """No file that opens a door or starts a program is added, to root's account least of all."""
    known = {*plan["files"], *plan["unchanged"]}
    added = [path for path in sorted(claims.contents) if path not in known and _tells(path)]
    return rule("no other file opens a door", not added, ", ".join(added) or "none is added")


def _tells(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    if name in CLIENTS and not folder.startswith("/root"):
        return True
    return name in TELLING or folder.endswith("/authorized_keys") or folder.startswith("/etc/ssh")


def _guarded(plan: Mapping[str, Any], claims: Claims) -> Component:
    """Only whose they are may write the files."""
    loose = [node["path"] for node in claims.nodes if node["acl"] or not _safe(node, plan["owned"])]
    return rule("only their owners may write the files", not loose, ", ".join(loose) or "so it is")


def _safe(node: Mapping[str, Any], owned: Mapping[str, int]) -> bool:
    """Whether a file is its owner's; of users with homes the group of the same number is theirs alone."""
    owner = next((uid for root, uid in owned.items() if f"{node['path']}/".startswith(f"{root}/")), None)
    if owner is None and node["path"].startswith(("/etc/", "/srv/")):
        owner = 0
    if owner is None:
        return not node["mode"] & 0o022
    private = owner and node["gid"] == owner
    return node["uid"] == owner and not node["mode"] & (0o002 if private else 0o022)


FAMILY = SshKeys()
