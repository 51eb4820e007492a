"""Tickets about sshd: more than one right way, near misses, and what is never started."""

from functools import partial
from typing import Any

import pytest
from linux_config_plays import draw, faults, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.base import Claims
from agentgym.environments.linux_config.families.sshd.connections import admitted, further
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

ticket = partial(draw, "sshd", seed=7)

SSHD = FAMILIES["sshd"]
CONFIG, DROP_INS = "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d"


def word(task: Task, after: str) -> str:
    return (task.prompt.partition(after)[2].split() or [""])[0].strip(".,;:`")


RIGHT = {
    "another-port": f"sed -i '/^Port/d; $a ListenAddress 0.0.0.0:PORT' {CONFIG}",
    "overridden": f"sed -i '/^NAME no/d; 1i NAME no' {CONFIG}",
    "inside-match": f"sed -i 's/^# No.*/Match all/' {CONFIG}",
    "one-group": f"printf 'Match Group *,!TEAM\\n DenyUsers *\\n' >> {CONFIG}",
    "passwords-inside": "printf 'Match Address *,!NET\\n PasswordAuthentication no\\n"
    f"Match User root\\n PasswordAuthentication no\\n' >> {CONFIG}",
}
WRONG = {
    "another-port": f"echo 'Port PORT' >> {CONFIG}",
    "overridden": f"echo 'NAME no' > {DROP_INS}/99-last.conf",
    "inside-match": f"sed -i '/^Match/,/AllowTcp/d' {CONFIG}",
}


def filled(task: Task, command: str) -> str:
    words = {
        "PORT": word(task, "It must listen on port "),
        "NAME": word(task, f"{CONFIG} says `") or word(task, "ends in `"),
        "NET": word(task, "office's network "),
        "TEAM": word(task, "of the group "),
    }
    for key, value in words.items():
        command = command.replace(key, value)
    return command


@pytest.mark.parametrize("name", RIGHT)
def test_there_is_another_right_way(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(name)
    assert faults(solve(bubblewrap_backend, task, filled(task, RIGHT[name]))) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_near_miss_scores_nothing(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(name)
    assert solve(bubblewrap_backend, task, filled(task, WRONG[name])).value == 0.0


OVERDONE = {
    "does-not-start": f"chmod 666 {CONFIG}",
    "overridden": f"sed -i 's/yes/no/' {DROP_INS}/[3-5]*.conf",
}


@pytest.mark.parametrize("name", OVERDONE)
def test_doing_more_than_was_asked_scores_nothing(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(name)
    gold = [str(command) for command in gold_of(task)]
    reward = solve(bubblewrap_backend, task, *gold, OVERDONE[name])
    assert reward.value == 0.0
    assert all(component.value for component in reward.components if component.goal)


BESIDES = {
    "root-login": f"printf 'Match Address 203.0.113.0/24\\n PermitRootLogin yes\\n' >> {CONFIG}",
    "one-group": f"printf 'Match Address 203.0.113.0/24\\n AllowGroups *\\n' >> {CONFIG}",
    "keys-only": f"printf 'Match User some*\\n PasswordAuthentication yes\\n' >> {CONFIG}",
    "does-not-start": f"printf 'Match LocalAddress 127.7.7.7\\n AuthorizedKeysFile /tmp/keys\\n' >> {CONFIG}",
    "another-port": f"echo 'Port 2222' >> {CONFIG}",
    "two-addresses": f"echo 'ListenAddress 127.7.7.7:2222' >> {CONFIG}",
    "gateway": "sed -i 's/^PermitOpen.*/& 8.8.8.8:443/' /srv/hosts/*/*.d/00-gate.conf",
    "same-everywhere": "for f in /srv/hosts/*/sshd_config; do "
    "printf 'Match Address 203.0.113.0/24\\n AllowGroups *\\n' >> $f; done",
}


@pytest.mark.parametrize("name", BESIDES)
def test_nobody_else_is_let_in(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(name)
    reward = solve(bubblewrap_backend, task, *map(str, gold_of(task)), BESIDES[name])
    said = ("no other user or address is treated otherwise", "it listens", "where ", "all other settings stay")
    assert faults(reward)
    assert all(fault.startswith(said) for fault in faults(reward))


def test_what_is_tried_is_drawn_from_conditions() -> None:
    plan: Any = dict(ticket("passwords-inside").secret)["plan"]
    net = plan["zones"]["0"][0]
    text = f"Match Address 198.51.*,{net}\n  X11Forwarding no\n"
    also = further(plan, Claims((), {CONFIG: text.encode()}), "token")
    assert any(one.spec["source"] == "198.51.7.7" and one.like["source"] != one.spec["source"] for one in also)
    assert further(plan, Claims((), {CONFIG: b"PermitRootLogin no\n# Match Address 1.2.3.4\n"}), "token") == []


@pytest.mark.parametrize(
    ("allowed", "denied", "passes"),
    [
        ("none", "none", True),
        ("*@127.0.0.0/8", "none", True),
        ("ada@10.0.0.1 bob", "none", False),
        ("ada", "*@127.0.*,!127.0.0.1", True),
        ("ada", "a*@127.0.0.?", False),
    ],
)
def test_lists_of_users_are_read_as_sshd_reads_them(allowed: str, denied: str, passes: bool) -> None:
    said = {"allowusers": allowed, "denyusers": denied}
    assert admitted({"user": "ada", "source": "127.0.0.1"}, said) is passes


def gold_of(task: Task) -> list[object]:
    gold = task.secret["gold"]
    assert isinstance(gold, list)
    return list(gold)


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        ("ForceCommand internal-sftp", True),
        ("Subsystem sftp /usr/lib/openssh/sftp-server -l INFO", True),
        ("#AuthorizedKeysCommand /bin/sh", True),
        ("AuthorizedKeysCommand none", True),
        ("AuthorizedKeysCommandUser nobody", True),
        ('"AuthorizedKeysCommand" /bin/sh -c id', False),
        ("authorizedkeyscommand=/bin/sh", False),
        ("ForceCommand /usr/local/bin/other", False),
        ("ForceCommand internal-sftp\r; /bin/sh", False),
        ("ForceCommand internal-sftp; /bin/sh", False),
        ("    SetEnv BASH_ENV=/etc/ssh/sshd_config.d/x", False),
        ("SetEnv none LD_PRELOAD=/x", False),
        ("PidFile /etc/cron.d/x", False),
        ("Subsystem sftp /bin/sh", False),
    ],
)
def test_nothing_is_started_that_the_ticket_does_not_name(line: str, starts: bool) -> None:
    plan = dict(ticket("keys-only").secret)["plan"]
    assert isinstance(plan, dict)
    claims = Claims((), {f"{DROP_INS}/any": f"UsePAM yes\n{line}\n".encode()})
    assert SSHD.plan(plan, claims, "token")["start"] is starts
