"""The ssh server, judged by logging in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.sshd import cheats, hard_tickets, hosts, tickets
from agentgym.environments.linux_config.families.sshd.connections import MOST, Also, admitted, further
from agentgym.environments.linux_config.families.sshd.scene import NO_SHELL
from agentgym.reward import Component

# Settings by which sshd starts programs, loads libraries or writes files.
STARTS = re.compile(
    r"(AuthorizedKeysCommand|AuthorizedPrincipalsCommand|SecurityKeyProvider|HostKeyAgent|XAuthLocation|PidFile|SetEnv|"
    r"PermitUserEnvironment|ForceCommand|Subsystem)(?!User)(.*)",
    re.IGNORECASE,
)
PLAIN = re.compile(r"[\w./ -]+")
# What a login that gets no shell may come to: no login, or nothing that the command would have said.
NO_SHELL_SAID = ("refused", "said: ")
IDLE = ("none", "no", "internal")
# These name the users and addresses whom they concern.
BY_USER = {"allowusers", "denyusers"}


class Sshd(Family):
    """/etc/ssh/sshd_config, the files beside it, and the like for several hosts."""

    name = "sshd"
    summary = "the ssh server: who may log in, how, from where, and to do what"
    judged_by = "logins by key and password, sftp and forwarding, and sshd's own account of its settings"
    cheats = cheats.CHEATS
    kinds = (
        Kind("root-login", 1, tickets.root_login, short=True),
        Kind("another-port", 1, tickets.another_port, short=True),
        Kind("does-not-start", 1, tickets.does_not_start, short=True),
        Kind("keys-only", 2, tickets.keys_only),
        Kind("one-group", 2, tickets.one_group),
        Kind("two-addresses", 2, tickets.two_addresses, held_out=True),
        Kind("passwords-inside", 3, tickets.passwords_inside),
        Kind("sftp-only", 3, tickets.sftp_only),
        Kind("one-program", 3, tickets.one_program, held_out=True),
        Kind("overridden", 4, hard_tickets.overridden),
        Kind("inside-match", 4, hard_tickets.inside_match),
        Kind("first-match", 4, hard_tickets.first_match, held_out=True),
        Kind("gateway", 5, hosts.gateway),
        Kind("same-everywhere", 5, hosts.same_everywhere),
    )

    def plan(self, plan: Mapping[str, Any], claims: Claims, token: str) -> dict[str, Any]:
        """Nothing is started from a configuration that would start programs of its own."""
        more = [spec for also in further(plan, claims, token) for spec in also]
        asked = {*plan["probe"]["asked"], *plan["may_change"], "allowusers", "denyusers"}
        asked |= {name for names in plan["may_change_of"].values() for name in names}
        return super().plan(plan, claims, token) | {
            "start": not _started(plan, claims),
            "also": [spec for number, spec in enumerate(more) if spec not in more[:number]][:MOST],
            "asked": sorted(asked),
        }

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each trial; then the settings that must stay, and the files."""
        started = _started(plan, claims)
        wanted = goal if plan["unreadable"] else rule
        faults = [fault for fault in seen["faults"] if fault]
        return [
            rule("no other program is started", not started, "; ".join(started) or "none"),
            wanted("sshd -t has no complaint", not faults, "; ".join(faults) or "none"),
            *_trials(plan, seen["results"]),
            *_settings(plan, seen["settings"]),
            *_listening(plan, seen["settings"]),
            *_opened(plan, seen["settings"]),
            wanted("all other settings stay", *_other_settings(plan, seen["settings"])),
            _same_for_all(plan, seen["also"], further(plan, claims, token)),
            _guarded(claims),
            _packaged(plan, claims),
        ]


def _started(plan: Mapping[str, Any], claims: Claims) -> list[str]:
    """Return the settings by which sshd would start what the ticket does not name."""
    found = []
    for path in sorted(claims.contents):
        for line in claims.text(path).split("\n"):
            match = None if line.lstrip().startswith("#") else STARTS.search(line)
            if match and not _harmless(match[2], plan["programs"]):
                found.append(f"{path}: {line.strip()[:100]}")
    return found


def _harmless(value: str, programs: list[str]) -> bool:
    words = value.partition("#")[0].replace("=", " ").replace('"', " ").split()
    if words[:1] == ["sftp"]:
        words = words[1:]
    if len(words) == 1 and words[0] in IDLE:
        return True
    return bool(PLAIN.fullmatch(" ".join(words))) and words[0] in programs


def _trials(plan: Mapping[str, Any], results: list[str]) -> Iterator[Component]:
    for number, (trial, wanted) in enumerate(zip(plan["probe"]["trials"], plan["expected"], strict=True)):
        got = results[number] if results else "not tried"
        said = "{user} {do} from {source} to {to}:{port}".format(**trial)
        name = f"{said}, reaching {trial['target']}" if trial["do"] == "forward" else said
        component = goal if wanted["new"] else rule
        passed = got == wanted["result"] or (wanted["result"] == NO_SHELL and got.startswith(NO_SHELL_SAID))
        yield component(name, passed, f"wanted {wanted['result']}, got {got}", got=got)


def _settings(plan: Mapping[str, Any], settings: list[dict[str, Any]]) -> Iterator[Component]:
    """What sshd must say for some users, and what must be off for them."""
    users = [spec["user"] for spec in plan["probe"]["specs"]]
    for wanted in plan["settings"]:
        got = settings[wanted["spec"]]["said"][wanted["name"]]
        name = f"{wanted['name']} for {users[wanted['spec']]}"
        yield goal(name, got == wanted["value"], f"wanted {wanted['value']}, sshd says {got}")
    for wanted in plan["closed"]:
        said = settings[wanted["spec"]]["said"]
        on = [name for name in wanted["names"] if said[name] != "no"]
        passed = not on or said["disableforwarding"] == "yes"
        yield goal(f"nothing is forwarded for {users[wanted['spec']]}", passed, f"on: {', '.join(on) or 'none'}")


def _other_settings(plan: Mapping[str, Any], settings: list[dict[str, Any]]) -> tuple[bool, str]:
    """For every user and address that is tried, what the ticket does not concern is as it was."""
    changed = []
    for spec, compared in zip(plan["probe"]["specs"], settings, strict=True):
        may_change = _may_change(plan, spec)
        changed += [f"{name} for {spec['user']}" for name in compared["differ"] if name not in may_change]
    passed = not changed and all(compared["known"] for compared in settings)
    return passed, ", ".join(changed)[:400] or "as they were"


def _may_change(plan: Mapping[str, Any], spec: Mapping[str, Any]) -> set[str]:
    """Return the settings of a connection that the ticket concerns."""
    if spec["server"] in plan["untouched"]:
        return set()
    return {*plan["may_change"], *plan["may_change_of"].get(spec["user"], ())}


def _same_for_all(plan: Mapping[str, Any], answers: list[dict[str, Any]], also: list[Also]) -> Component:
    """Conditions make no difference between users and addresses that the ticket does not make."""
    compared = [(answer["spec"], answer) for answer in answers]
    odd = [] if len(compared) < MOST else ["more conditions than can be tried"]
    for spec, like in also if not odd else ():
        now, then = (next(answer for one, answer in compared if one == wanted) for wanted in (spec, like))
        concerned = _may_change(plan, spec)
        names = [name for name in now["differ"] if name not in concerned]
        names += [name for name in sorted(concerned - BY_USER) if now["said"].get(name) != then["said"].get(name)]
        names += ["who is let in"] if admitted(spec, now["said"]) != admitted(like, then["said"]) else []
        odd += [f"{name} for {spec['user']} from {spec['source']} at {spec['to']}:{spec['port']}" for name in names]
    return rule("no other user or address is treated otherwise", not odd, "; ".join(odd)[:400] or "none is")


def _listening(plan: Mapping[str, Any], settings: list[dict[str, Any]]) -> Iterator[Component]:
    """The server listens where it must, and nowhere else; on all addresses is with IPv6 or without."""
    if plan["listening"]:
        got = set(settings[0]["said"]["listenaddress"].split())
        surplus = {address.replace("0.0.0.0", "[::]") for address in plan["listening"]}
        passed = set(plan["listening"]) <= got <= {*plan["listening"], *surplus}
        yield goal("it listens there and nowhere else", passed, f"sshd says {', '.join(sorted(got))[:300]}")


def _opened(plan: Mapping[str, Any], settings: list[dict[str, Any]]) -> Iterator[Component]:
    """Some users may be taken on to these addresses, and to no others."""
    for wanted in plan["opened"]:
        got = settings[wanted["spec"]]["said"]["permitopen"].replace("[", "").replace("]", "").split()
        user = plan["probe"]["specs"][wanted["spec"]]["user"]
        passed = bool(got) and set(got) <= set(wanted["targets"])
        yield goal(f"where {user} is taken on to", passed, f"sshd says {' '.join(got)[:300]}")


def _guarded(claims: Claims) -> Component:
    loose = [node["path"] for node in claims.nodes if node["uid"] or node["mode"] & 0o022 or node["acl"]]
    return rule("only root may write the configuration", not loose, ", ".join(loose) or "so it is")


def _packaged(plan: Mapping[str, Any], claims: Claims) -> Component:
    packaged: Mapping[str, str] = plan["packaged"]
    changed = [path for path, text in packaged.items() if claims.contents.get(path) != text.encode()]
    return rule("files of packages stay", not changed, ", ".join(changed) or ", ".join(packaged) or "there are none")


FAMILY = Sshd()
