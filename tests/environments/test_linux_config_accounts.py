"""Accounts: more than one right way, and no way beside them."""

import re
from functools import partial

import pytest
from linux_config_plays import draw, faults, gold, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.accounts import _fits, _moved_number
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

task_of = partial(draw, "accounts", seed=7)

FAMILY = FAMILIES["accounts"]


def people(task: Task) -> list[str]:
    return [user["name"] for user in task.setup["state"]["users"]]  # type: ignore[index,call-overload,union-attr]


def words(task: Task) -> dict[str, str]:
    """What the commands below name: people, and what the solution's first command has."""
    first, *others = gold(task)
    found = {"person": people(task)[0], "group": first.split()[2], "gold": first, "useradd": first}
    found |= {"days": others[0] if others else "", "umask": "027" if "0750" in "".join(others) else "077"}
    if comment := re.search(r"-d (\S+) .* -c '(.*)' -G (\S+) (\S+)$", first):
        found |= dict(zip(("home", "comment", "team", "name"), comment.groups(), strict=True))
    return found


OTHER_WAYS = {
    "service-account": [
        "adduser --system --group --no-create-home --home {home} --gecos '{comment}' {name}",
        "adduser {name} {team}",
    ],
    "new-defaults": [
        "cd /etc/default; {useradd}; sed -i -e 's/#.*//' -e '/^$/d' useradd; echo '# ours' >> useradd",
        "sed -i -E -e 's/^(UMASK).*/\\1 {umask}/' -e '/^#/d' /etc/login.defs; {days}",
    ],
    "login-shell": ["sed -i -E '/^{person}:/s#[^:]*$#/bin/bash#' /etc/passwd"],
    "join-group": ["gpasswd -a {person} {group}"],
    "still-a-member": ['sed -i -E "s/^({person}:x:([0-9]+)):[0-9]+:/\\1:\\2:/" /etc/passwd'],
    "leaver": [
        "passwd -l {person}; chage -E 2020-01-01 {person}; usermod -s /usr/sbin/nologin {person}",
        "for g in $(id -nG {person}); do [ $g = {person} ] || gpasswd -d {person} $g; done",
    ],
}


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_there_is_another_way(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(name)
    commands = [command.format(**words(task)) for command in OTHER_WAYS[name]]
    assert faults(solve(bubblewrap_backend, task, *commands)) == []


NEAR_MISSES = {
    "login-shell": ["usermod -s /bin/sh {person}", "sed -i 's#/usr/sbin/nologin#/bin/bash#' /etc/passwd"],
    "join-group": ["usermod -G {group} {person}"],
    "leaver": [
        "userdel {person}",
        "usermod -L -G '' {person}",
        "usermod -p '!' -e 1 -G '' {person}",
        "usermod -L -e 1 {person}",
    ],
    "cannot-log-in": [
        "chage -d $(date +%F) {person}",
        "chage -M 99999 -I -1 {person}; usermod -U -s /bin/bash {person}",
    ],
    "service-account": ["useradd -M $(echo {gold} | grep -o '[a-z]*$')"],
}


@pytest.mark.parametrize(("name", "command"), [(name, each) for name in NEAR_MISSES for each in NEAR_MISSES[name]])
def test_a_near_miss_scores_nothing(name: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(name)
    assert solve(bubblewrap_backend, task, command.format(**words(task))).value == 0.0


OVERDONE = (
    "usermod -aG sudo {mate}",
    "chmod 644 /etc/shadow",
    "passwd -d {mate}",
    "useradd -o -u 0 -M operator2",
    "echo '# done' >> /etc/group",
)


SETTINGS = (
    "sed -i 's/^ENCRYPT_METHOD.*/ENCRYPT_METHOD DES/' /etc/login.defs",
    "echo 'UMASK 000' >> /etc/login.defs",
    "sed -i -E 's/^(UID_MIN).*/\\1 50000/' /etc/login.defs",
    "sed -i '/^GID_MAX/d' /etc/login.defs",
    "useradd -D -b /srv",
    "echo SKEL=/tmp >> /etc/default/useradd",
)


@pytest.mark.parametrize("more", SETTINGS)
def test_other_settings_for_new_accounts_stay(more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of("new-defaults")
    assert "other settings stay" in " ".join(faults(solve(bubblewrap_backend, task, *gold(task), more)))


@pytest.mark.parametrize("more", OVERDONE)
def test_doing_more_than_was_asked_scores_nothing(more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of("join-group")
    assert solve(bubblewrap_backend, task, *gold(task), more.format(mate=people(task)[1])).value == 0.0


def test_facts_fit_by_value_choice_range_and_day() -> None:
    assert _fits("7", "7", today=0)
    assert not _fits("7", "07", today=0)
    assert _fits({"any": ["a", "b"]}, "b", today=0)
    assert _fits({"between": [100, 999]}, "100", today=0)
    assert not _fits({"between": [100, 999]}, "1000", today=0)
    assert not _fits({"between": [0, 9]}, "", today=0)
    assert _fits({"ago": 1}, "20999", today=21_000)
    assert not _fits({"ago": 1}, "20998", today=21_000)


def test_a_moved_account_keeps_all_but_its_number() -> None:
    moved = {"passwd": "svc:x:NUMBER:NUMBER::/:/bin/sh", "group": "svc:x:NUMBER:"}
    assert _moved_number(moved, "svc:x:950:950::/:/bin/sh") == 950
    assert _moved_number(moved, "svc:x:950:") == 950
    assert _moved_number(moved, "svc:x:950:951::/:/bin/sh") is None
    assert _moved_number(moved, "svc:x:950:root") is None
    assert _moved_number(None, "svc:x:950:") is None
