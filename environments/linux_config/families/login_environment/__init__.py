"""The environment of sessions, judged by opening them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.login_environment import tickets
from agentgym.environments.linux_config.families.login_environment.cheats import CHEATS
from agentgym.reward import Component

USUAL = {"HOME", "LOGNAME", "MAIL", "PATH", "PWD", "OLDPWD", "SHELL", "SHLVL", "TERM", "USER", "_"}
FOLDERS = {"/usr/local/bin", "/usr/bin", "/bin"}
MORE_FOLDERS = {"/usr/local/games", "/usr/games"}
ROOTS_FOLDERS = {"/usr/local/sbin", "/usr/sbin", "/sbin"}
SHELLS = {"/bin/bash", "/bin/sh"}
OTHERS_MAY_WRITE = 0o022


class LoginEnvironment(Family):
    """/etc/profile, /etc/profile.d, /etc/environment, /etc/skel, and people's own profiles."""

    name = "login-environment"
    summary = "profiles, variables, search paths, umask, skeleton of homes"
    judged_by = "what login and other sessions of old and new users have: variables, programs, modes of new files"
    cheats = CHEATS
    kinds = (
        Kind("variable", 1, tickets.variable, short=True),
        Kind("umask", 1, tickets.umask, short=True),
        Kind("tools-on-path", 2, tickets.tools_on_path),
        Kind("everywhere", 2, tickets.everywhere, short=True),
        Kind("skeleton", 2, tickets.skeleton),
        Kind("one-team", 3, tickets.one_team),
        Kind("one-person", 3, tickets.one_person),
        Kind("overridden", 4, tickets.overridden),
        Kind("own-profile", 4, tickets.own_profile, held_out=True),
        Kind("agree", 5, tickets.agree),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """Compare what sessions have with what they must have."""
        components = [_check(check, seen["sessions"]) for check in plan["checks"]]
        for session, facts in seen["sessions"].items():
            components += _session(session, facts, plan)
        components += [_shell(shell, said, seen["shells"][shell]) for shell, said in before["shells"].items()]
        components.append(rule("sessions leave no files", not seen["left"], ", ".join(seen["left"])[:400] or "none"))
        texts = before["texts"]
        components += [_only_owners_write(plan, claims), _homes_stay(plan, claims), _files_stay(plan, claims, texts)]
        return [*components, *_new_home(plan["skeleton"], seen, texts)]


def _check(check: Mapping[str, Any], sessions: Mapping[str, Any]) -> Component:
    name = f"{check['session']}: {check['fact']}"
    make = goal if check["goal"] else rule
    facts = sessions[check["session"]]
    if facts is None:
        return make(name, False, "there is no session")
    group, _, key = check["fact"].partition(" ")
    got = facts[group].get(key) if key else facts[group]
    return make(name, got == check["wanted"], f"wanted {check['wanted']}, got {got}"[:400])


def _session(session: str, facts: Mapping[str, Any] | None, plan: Mapping[str, Any]) -> Iterator[Component]:
    """It prints nothing, has no variables that nobody asked for, and searches no folders that nobody named."""
    if facts is None:
        yield rule(f"{session} opens", False, "there is no session")
        return
    yield rule(f"{session} is silent", not facts["noise"], facts["noise"] or "nothing printed")
    more = sorted(facts["env"].keys() - USUAL - set(plan["variables"]))
    yield rule(f"{session} has no other variables", not more, ", ".join(more)[:400] or "none")
    wrong = _usual_values(session, facts)
    yield rule(f"{session} has the usual values", not wrong, ", ".join(wrong)[:400] or "HOME, SHELL and so on")
    path = facts["env"].get("PATH", "").split(":")
    known = FOLDERS | MORE_FOLDERS | set(plan["probe"]["dirs"])
    known |= ROOTS_FOLDERS if session.startswith("root/") else set()
    strange = [folder for folder in path if folder not in known]
    missing = sorted(FOLDERS - set(path))
    evidence = f"strange: {strange}, missing: {missing}, in PATH {':'.join(path)}"[:400]
    yield rule(f"{session} searches the usual folders", not strange and not missing, evidence)


def _usual_values(session: str, facts: Mapping[str, Any]) -> list[str]:
    """Return the variables of a session that every login sets and that have another value here."""
    env, user = facts["env"], facts["user"]
    name = "root" if session.startswith("root/") else user
    usual = {"HOME": f"/home/{user}", "USER": name, "LOGNAME": name, "MAIL": f"/var/mail/{user}", "TERM": "dumb"}
    wrong = [key for key, value in usual.items() if env.get(key, value) != value]
    wrong += [key for key in ("HOME",) if key not in env]
    wrong += [key for key in ("SHELL",) if env.get(key, "/bin/sh") not in SHELLS]
    return [f"{key}={env.get(key)}" for key in wrong]


def _shell(shell: str, before: str, now: str) -> Component:
    """A shell has the aliases, functions and limits that it had, and prints nothing else."""
    other = [line for line in now.splitlines() if line not in before.splitlines()]
    other += [f"no {line}" for line in before.splitlines() if line not in now.splitlines()]
    return rule(f"{shell} shells are as they were", not other, "; ".join(other)[:400] or "aliases, functions, limits")


def _only_owners_write(plan: Mapping[str, Any], claims: Claims) -> Component:
    wrong = []
    for node in claims.nodes:
        owners = {0, *(uid for home, uid in plan["homes"].items() if f"{node['path']}/".startswith(f"{home}/"))}
        if node["uid"] not in owners or node["mode"] & OTHERS_MAY_WRITE or node["acl"] or node["default_acl"]:
            wrong.append(f"{node['path']} {node['mode']:o} {node['uid']}")
    return rule("only owners can write the files", not wrong, ", ".join(wrong)[:400] or "none is open to others")


def _homes_stay(plan: Mapping[str, Any], claims: Claims) -> Component:
    """What is in a home is its owner's, who can read and write it."""
    wrong = []
    for node in claims.nodes:
        for home, uid in plan["homes"].items():
            if f"{node['path']}/".startswith(f"{home}/") and (node["uid"] != uid or node["mode"] & 0o600 != 0o600):
                wrong.append(f"{node['path']} {node['mode']:o} {node['uid']}")
    return rule(
        "files in homes stay their owners'", not wrong, ", ".join(wrong)[:400] or f"in {len(plan['homes'])} homes"
    )


def _files_stay(plan: Mapping[str, Any], claims: Claims, before: Mapping[str, str]) -> Component:
    """Files that the ticket says must stay are there, byte for byte."""
    wanted = {path: before.get(path) if text is None else text for path, text in plan["stays"].items()}
    wrong = [path for path, text in wanted.items() if path not in claims.contents or claims.text(path) != text]
    return rule("the files that must stay do", not wrong, ", ".join(wrong) or f"{len(wanted)} files")


def _new_home(skeleton: Mapping[str, Any], seen: Mapping[str, Any], before: Mapping[str, str]) -> Iterator[Component]:
    """The home of a new user holds what it did, and what the ticket says, and nothing else."""
    usual = {path.rpartition("/")[2]: text for path, text in before.items() if path.startswith("/etc/skel/")}
    found = {path.rpartition("/")[2]: text for path, text in seen["home"].items()}
    wrong = [name for name, text in usual.items() if found.get(name) != text]
    wrong += sorted(seen["modes"].keys() - usual.keys() - skeleton.keys())
    wrong += [name for name, mode in seen["modes"].items() if mode.endswith("!")]
    yield rule("new homes hold what they did", not wrong, ", ".join(wrong)[:400] or f"{sorted(usual)} and no more")
    for name, wanted in skeleton.items():
        got = {"text": found.get(name), "mode": seen["modes"].get(name)}
        yield goal(f"new homes have {name}", got == wanted, f"wanted {wanted}, got {got}"[:400])


FAMILY = LoginEnvironment()
