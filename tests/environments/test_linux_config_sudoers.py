"""Sudoers: more than one right way, and rules that are not quite right or too much."""

from collections.abc import Mapping
from typing import Any

import pytest
from linux_config_plays import draw, faults, gold, names, solve

from agentgym.environments.linux_config.families.base import Claims
from agentgym.environments.linux_config.families.sudoers import FAMILY
from agentgym.environments.linux_config.families.sudoers.grants import defaults, excess
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task


def words(task: Task) -> dict[str, str]:
    """What the commands below name: programs and rule files of the ticket in its order, and people in the scene's."""
    paths = list(dict.fromkeys(word.strip("`,.;:") for word in task.prompt.split() if word.startswith("/")))
    programs = [path for path in paths if "/sbin/" in path]
    files = [path for path in paths if path.startswith("/etc/sudoers.d/")] or [""]
    found = {"program": programs[0], "other": programs[-1], "file": files[0], "second": files[-1]}
    users = names(task, "users")
    hosts = (task.prompt.partition(" is: on ")[2] or "- - -").split()
    found |= {"old": hosts[0], "new": hosts[2], "store": task.prompt.partition("; on ")[2].partition(" ")[0]}
    return found | {"team": names(task, "groups")[0], "user": users[0], "mate": users[1]}


RIGHT = {
    "after all files": ("vendor-rules", "echo '{user} ALL=(root) NOPASSWD: {program}' >> /etc/sudoers"),
    "no alias": (
        "alias-twice",
        "printf '%s\\n' '{user} ALL=NOPASSWD: {program}, PASSWD: {second_program}' "
        "'{mate} ALL=NOPASSWD: {program}, PASSWD: {second_program}' > {second}",
    ),
    "aliases, a comment, and on two lines": (
        "one-command",
        "printf '%s\\n' '# on call' 'User_Alias ONCALL = {user}' 'Cmnd_Alias TOOL = {program}' "
        "'ONCALL ALL = (root:root) \\' '  NOPASSWD: TOOL' >> /etc/sudoers",
    ),
    "as a pattern": ("fixed-arguments", "echo '{user} ALL=NOPASSWD: {program} ^{word}$' > /etc/sudoers.d/own"),
    "a file that is named": ("ignored-file", "echo '@include {program_file}' >> /etc/sudoers"),
    "all but one of them": (
        "all-but-one",
        "sed -i 's/^%[^ ]*/&, !{user}/' /etc/sudoers.d/40-*; echo '{user} ALL=NOPASSWD: {other}' > /etc/sudoers.d/own",
    ),
    "a host at a time": (
        "each-host",
        "sed -i 's/{old}/{new},{old}/' {second}; printf '%s\\n' '%{team} {new}, {old} = NOPASSWD: {program}' "
        "'{user} {store} = {other}' > {file}",
    ),
}
GOLD = "echo '{user} ALL=(root) NOPASSWD: {program}' > /etc/sudoers.d/own; "
ADD = " >> /etc/sudoers.d/own"
# What sudo would load is no plugin, which does not matter: nothing of it may be loaded.
PLUGIN = "printf '\\177ELF' > /etc/sudoers.d/x.so; "
WRONG = {
    "code in the plugin": (
        "one-command",
        PLUGIN + GOLD + "sed -i '1i Defaults group_plugin=\"/etc/sudoers.d/x.so\"' /etc/sudoers.d/own",
    ),
    "a setting on two lines": ("one-command", GOLD + "printf 'Defaults \\\\\\n!env_reset\\n'" + ADD),
    "settings for some hosts": (
        "one-command",
        GOLD
        + "printf '%s\\n' '@include /etc/sudoers.d/for.%h'"
        + ADD
        + "; echo 'Defaults group_plugin=\"/none\"' > /etc/sudoers.d/for.box",
    ),
    "a rule for somebody else": ("one-command", GOLD + "echo 'www-data ALL=(ALL) NOPASSWD: ALL'" + ADD),
    "passwords that last": (
        "ask-password",
        "sed -i 's/NOPASSWD: //' /etc/sudoers.d/40-*; echo 'Defaults timestamp_timeout=-1' > /etc/sudoers.d/own",
    ),
    "the package's file": ("vendor-rules", "sed -i '/^%/d' {second}"),
    "the package's file is renamed": ("vendor-rules", "mv {second} /etc/sudoers.d/00-vendor"),
    "for the whole group": ("vendor-rules", "echo '%{team} ALL=(root) NOPASSWD: {program}' >> /etc/sudoers"),
    "all of it without a password": ("vendor-rules", "echo '{user} ALL=(root) NOPASSWD: ALL' >> /etc/sudoers"),
    "our file goes": ("alias-twice", "rm {second}"),
    "its alias goes": ("alias-twice", "sed -i /User_Alias/d {second}"),
    "on all hosts": ("each-host", "sed -i 's/{old}/ALL/' {second}"),
    "every host but those named": (
        "each-host",
        "sed -i 's/{old}/{new},{old}/' {second}; printf '%s\\n' '%{team} ALL, !{store} = NOPASSWD: {program}' "
        "'{user} {store} = {other}' > {file}",
    ),
}


def filled(task: Task, command: str) -> str:
    found = words(task)
    found["word"] = task.prompt.partition("`")[2].partition("`")[0].rpartition(" ")[2]
    found["program_file"] = found["file"]
    programs = [word.strip("`,.;:") for word in task.prompt.split() if "/local/sbin/" in word]
    return command.format(**found, second_program=programs[-1])


@pytest.mark.parametrize(("kind", "command"), RIGHT.values(), ids=RIGHT)
def test_there_is_more_than_one_right_way(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("sudoers", kind)
    assert faults(solve(bubblewrap_backend, task, filled(task, command))) == []


@pytest.mark.parametrize(("kind", "command"), WRONG.values(), ids=WRONG)
def test_what_is_not_quite_right_scores_nothing(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("sudoers", kind)
    assert solve(bubblewrap_backend, task, filled(task, command)).value == 0.0


@pytest.mark.parametrize("number", [0, 1])
def test_hosts_need_both_files(number: int, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("sudoers", "each-host")
    assert solve(bubblewrap_backend, task, gold(task)[number]).value == 0.0


@pytest.mark.parametrize("cheat", FAMILY.cheats)
def test_cheats_score_nothing(cheat: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("sudoers", "vendor-rules")
    assert solve(bubblewrap_backend, task, *FAMILY.cheats[cheat](task)).value == 0.0


PRISTINE = {"Defaults": [{"Options": [{"env_reset": True}]}], "User_Specs": []}
ALLOWED = {"vera": [["ALL", "root", "/x/run"], ["backup1", "svc", "/x/show now"]], "%ops": [["ALL", "root", "/x/run"]]}


def spelled(
    command: str, who: str = "vera", host: str = "ALL", account: str = "root", **more: Any
) -> Mapping[str, Any]:
    """Return rules with one grant, as `cvtsudoers` spells them out."""
    subject = {"usergroup": who[1:]} if who.startswith("%") else {"username": who}
    part = {"runasusers": [{"username": account}], "Commands": [{"command": command}]} | more
    return PRISTINE | {
        "User_Specs": [{"User_List": [subject], "Host_List": [{"hostname": host}], "Cmnd_Specs": [part]}]
    }


@pytest.mark.parametrize(
    "rules",
    [
        PRISTINE,
        spelled("/x/run"),
        spelled("/x/run", "%ops"),
        spelled("/x/run --fast", Options=[{"authenticate": False}, {"setenv": False}]),
        spelled("/x/show now", host="backup1", account="svc"),
        spelled("/x/show ^now$", host="backup1", account="svc"),
        spelled("/x/run", runasusers=[{"userid": 0}], runasgroups=[{"usergroup": "root"}]),
        spelled("ALL", Commands=[{"command": "ALL", "negated": True}]),
    ],
)
def test_what_is_asked_for_may_be_granted(rules: Mapping[str, Any]) -> None:
    assert excess(rules, PRISTINE, ALLOWED, {"root": 0}) == []


@pytest.mark.parametrize(
    "rules",
    [
        spelled("ALL"),
        spelled("/usr/bin/find"),
        spelled("sudoedit /etc/shadow"),
        spelled("/x/run", account="ALL"),
        spelled("/x/run", account="daemon"),
        spelled("/x/run", Options=[{"setenv": True}]),
        spelled("/x/run", Options=[{"runcwd": "*"}]),
        spelled("/x/run", runasgroups=[{"usergroup": "shadow"}]),
        spelled("/x/show", host="backup1", account="svc"),
        spelled("/x/show now", account="svc"),
        spelled("/x/show now", "%ops", host="backup1", account="svc"),
        spelled("/x/run", "ALL"),
        spelled("/x/run", "www-data"),
        spelled("/x/run", "%adm"),
    ],
)
def test_what_nobody_asked_for_is_found(rules: Mapping[str, Any]) -> None:
    assert excess(rules, PRISTINE, ALLOWED, {"root": 0})


def test_rules_of_others_stay_in_their_order() -> None:
    one, two = (spelled("/x/other", who)["User_Specs"] for who in ("ada", "bo"))
    assert excess({"User_Specs": two + one}, {"User_Specs": one + two}, ALLOWED, {}) == ["the order of the rules"]
    assert excess({"User_Specs": one}, {"User_Specs": one + two}, ALLOWED, {})


def test_settings_differ_by_what_they_are_bound_to() -> None:
    bound = {"Defaults": [{"Binding": [{"username": "vera"}], "Options": [{"env_reset": True}]}]}
    assert defaults(bound) != defaults(PRISTINE)


def judged(**changes: Any) -> set[str]:
    """Return what fails of a ticket where all is right, but for some of what the probe saw."""
    task = draw("sudoers", "one-command")
    plan: Any = task.secret["plan"]
    tries = [
        {"answer": expected["wanted"], "uid": 0, "output": " ".join(["token", *attempt["argv"][1:]])}
        for attempt, expected in zip(plan["probe"]["tries"], plan["expected"], strict=True)
    ]
    seen = {"visudo": 0, "visudo_said": "", "rules": PRISTINE, "tries": [{**one, **changes} for one in tries]} | changes
    components = FAMILY.judge(plan, Claims((), {}), seen, PRISTINE, "token")
    return {component.name for component in components if component.value < 1}


def test_all_that_the_probe_sees_counts() -> None:
    assert judged() == set()
    assert judged(visudo=1) == {"visudo accepts the rules"}
    assert judged(rules=None) == {"the rules can be spelled out"}
    ran = judged(output="something else")
    assert ran
    assert all(name.endswith((": free", ": password")) for name in ran)
    assert judged(uid=2001) == ran
    assert judged(answer="free") == {name for name in judged(answer="free") if not name.endswith(": free")} != set()
