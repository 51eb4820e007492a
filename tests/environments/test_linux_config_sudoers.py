"""Sudoers: more than one right way, and rules that are not quite right or too much."""

import pytest
from linux_config_plays import draw, faults, gold, names, solve

from agentgym.environments.linux_config.families.sudoers import FAMILY
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task


def words(task: Task) -> dict[str, str]:
    """What the commands below name: programs and rule files of the ticket in its order, and people in the scene's."""
    paths = list(dict.fromkeys(word.strip("`,.;:") for word in task.prompt.split() if word.startswith("/")))
    programs = [path for path in paths if "/sbin/" in path]
    files = [path for path in paths if path.startswith("/etc/sudoers.d/")]
    found = {"program": programs[0], "other": programs[-1], "file": files[0], "second": files[-1]}
    users = names(task, "users")
    hosts = task.prompt.partition("on ")[2].split()
    found |= {"old": hosts[0], "new": hosts[2], "store": task.prompt.partition("; on ")[2].partition(" ")[0]}
    return found | {"team": names(task, "groups")[0], "user": users[0], "mate": users[1]}


RIGHT = {
    "after all files": ("vendor-rules", "echo '{user} ALL=(root) NOPASSWD: {program}' >> /etc/sudoers"),
    "no alias": (
        "alias-twice",
        "printf '%s\\n' '{user} ALL=NOPASSWD: {program}, PASSWD: {second_program}' "
        "'{mate} ALL=NOPASSWD: {program}, PASSWD: {second_program}' > {second}",
    ),
    "a host at a time": (
        "each-host",
        "sed -i 's/{old}/{new},{old}/' {second}; printf '%s\\n' '%{team} {new}, {old} = NOPASSWD: {program}' "
        "'{user} {store} = {other}' > {file}",
    ),
}
WRONG = {
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
