"""Keys of users and hosts, judged by logging in with good and bad ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.ssh_keys import cheats, clients, hosts, tickets
from agentgym.environments.linux_config.families.ssh_keys.lines import Line, names_only, read_lines
from agentgym.reward import Component

# Files that open doors, or start programs, by being there.
TELLING = ("authorized_keys", "authorized_keys2", "environment", "rc")
# By these a client starts programs or loads libraries.
STARTS = re.compile(
    r"^\s*\"?(match\b.*\bexec\b|(proxycommand|localcommand|knownhostscommand|pkcs11provider|securitykeyprovider|"
    r"xauthlocation)\b)",
    re.IGNORECASE | re.MULTILINE,
)
CONDITION = re.compile(r"^\s*\"?(?:host|match)\b(.*)", re.IGNORECASE | re.MULTILINE)
CLIENTS = ("config", "known_hosts2")


MOST_HOSTS = 40


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

    def plan(self, plan: Mapping[str, Any], claims: Claims, token: str) -> dict[str, Any]:
        """A client is asked about the ticket's hosts, those that its configuration names, and one more."""
        client = dict(plan["client"])
        if client:
            client["hosts"] = [*client.pop("may_change"), *_named(claims), f"h{token}"][:MOST_HOSTS]
        return super().plan(plan, claims, token) | {"client": client}

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each trial; then the files' keys, owners and modes."""
        return [
            *_trials(plan, seen["results"]),
            *_files(plan, claims),
            *_hosts(plan, claims),
            *_client(plan, claims, seen["client"]),
            _unchanged(plan, claims),
            _added(plan, claims),
            _guarded(plan, claims),
        ]


def _named(claims: Claims) -> list[str]:
    """Return the hosts that conditions in carried files name, with something in place of wildcards."""
    lines = [line for path in sorted(claims.contents) for line in CONDITION.findall(claims.text(path))]
    words = [word for line in lines for word in re.split(r"[\s,=\"'!]+", line)]
    hosts = [re.sub(r"[*?]", "7", word) for word in words if word]
    return [host for host in dict.fromkeys(hosts) if re.fullmatch(r"[\w][\w.:-]*", host)]


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
        plain = [line for line in lines if line.options and not _may_have_options(wanted, line.blob)]
        yield rule(f"no new options in {path}", not plain, f"{len(plain)} lines have some")
        if wanted["restricted"]:
            only = wanted["restricted"]
            loose = [line for line in lines if line.blob in only and not line.only(*only[line.blob])]
            said = f"{len(loose)} lines with less or others, {len(missing)} keys missing"
            yield goal(f"restrictions in {path}", not loose and not missing, said)


def _extra(wanted: Mapping[str, Any], lines: list[Line]) -> set[str]:
    return {line.blob for line in lines} - set(wanted["keys"])


def _may_have_options(wanted: Mapping[str, Any], blob: str) -> bool:
    """Whether a key is restricted or was there; that other lines stay is judged by itself."""
    was = {line.blob for line in read_lines(wanted["was"])}
    return blob in wanted["restricted"] or blob in was or blob not in wanted["keys"]


def _lost(wanted: Mapping[str, Any], lines: list[Line]) -> list[Line]:
    return [line for text in wanted["kept"] for line in read_lines(text) if not _kept(line, lines)]


def _kept(wanted: Line, lines: list[Line]) -> bool:
    """Whether all lines of a key are as the one that was there."""
    same = [line for line in lines if line.blob == wanted.blob]
    return bool(same) and all(line == wanted for line in same)


def _hosts(plan: Mapping[str, Any], claims: Claims) -> Iterator[Component]:
    """Known hosts are those of the ticket, each by its key, and by no authority."""
    for path, blobs in plan["hosts"].items():
        lines = claims.text(path).split("\n") if path in claims.contents else []
        words = [line.split() for line in lines if line.strip() and not line.lstrip().startswith(("#", "@revoked"))]
        wrong = [found for found in words if len(found) < 3 or not names_only(found[0], blobs.get(found[2], ()))]
        was = any(blob not in blobs for blob in plan["hosts_before"][path])
        yield (goal if was else rule)(
            f"no other key is in {path}", not wrong, f"{len(wrong)} lines with another key or host"
        )


def _client(plan: Mapping[str, Any], claims: Claims, seen: list[dict[str, Any]]) -> Iterator[Component]:
    """What a user's ssh says of each host is as it was but for what the ticket concerns, and it starts no programs."""
    started = [path for path in sorted(claims.contents) if STARTS.search(claims.text(path))]
    yield rule("ssh starts no other program", not started, ", ".join(started) or "none")
    if plan["client"]:
        may_change = plan["client"]["may_change"]
        odd = [
            f"{name} of {one['host']}"
            for one in seen
            for name in one["differ"]
            if name not in may_change.get(one["host"], ())
        ]
        known = len(seen) >= len(may_change) and all(one["known"] for one in seen)
        yield rule("ssh's other settings stay", known and not odd, ", ".join(odd)[:400] or "as they were")


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
