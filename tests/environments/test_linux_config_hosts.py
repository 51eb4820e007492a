"""Tickets about names: more than one right way, and near misses."""

import random

import pytest

from agentgym.environments.linux_config.env import FAMILIES, LinuxConfigEnv
from agentgym.message import call
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task

FAMILY = FAMILIES["hosts"]


def ticket(name: str, seed: int = 7) -> Task:
    kind = next(kind for kind in FAMILY.kinds if kind.name == name)
    draft = kind.draw(random.Random(seed))
    return Task(
        id="linux-config/train/000007",
        split=Split.TRAIN,
        index=seed,
        family=FAMILY.name,
        level=kind.level,
        prompt=draft.prompt,
        setup={"kind": kind.name, "state": draft.state.as_json(), "roots": list(draft.roots)},
        secret={"gold": list(draft.gold), "plan": dict(draft.plan)},
    )


def solved(backend: SandboxBackend, task: Task, *commands: str) -> bool:
    env = LinuxConfigEnv(sandbox=backend)
    try:
        env.reset(options={"task": task})
        for command in commands:
            env.step(call("bash", command=command))
        return bool(env.step(call("submit"))[-1]["reward"].success)
    finally:
        env.close()


def gold(task: Task) -> list[str]:
    commands = task.secret["gold"]
    assert isinstance(commands, list)
    return [str(command) for command in commands]


def words(task: Task) -> list[str]:
    return [word.strip("(),.;:") for word in task.prompt.split()]


def test_an_address_may_be_corrected_by_another_line(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("wrong-address")
    full, name, _, _, _, _, _, old, _, new, *_ = words(task)
    lines = f"grep -v '^{old}[[:space:]]' /etc/hosts > /tmp/h; echo '{new} {full} # x\n{new} {name}' >> /tmp/h"
    assert solved(bubblewrap_backend, task, f"{lines}; cat /tmp/h > /etc/hosts")
    assert not solved(bubblewrap_backend, task, f"sed -i 's/^{old}/{new}/' /etc/hosts")
    assert not solved(bubblewrap_backend, task, f"sed -i '1i {new} {full} {name}' /etc/hosts")
    assert not solved(bubblewrap_backend, task, *gold(task), "chmod 600 /etc/hosts")


def test_sources_may_be_told_apart_in_other_words(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("files-first")
    change = "sed -i 's/^hosts:.*/hosts: {}/' /etc/nsswitch.conf"
    assert solved(bubblewrap_backend, task, change.format("files [SUCCESS=return NOTFOUND=continue] dns"))
    assert not solved(bubblewrap_backend, task, change.format("files"))
    assert not solved(
        bubblewrap_backend, task, change.format("files dns") + "; sed -i s/^group:.*/group:nis/ /etc/nsswitch.conf"
    )


def test_the_last_search_line_counts(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("last-search")
    assert solved(bubblewrap_backend, task, "sed -n 2p /etc/resolv.conf >> /etc/resolv.conf")
    assert not solved(bubblewrap_backend, task, "sed -n '2{s/ [^ ]*$//;p}' /etc/resolv.conf >> /etc/resolv.conf")
    assert not solved(
        bubblewrap_backend, task, "sed -n '2p;3p' /etc/resolv.conf > /tmp/r; cat /tmp/r > /etc/resolv.conf"
    )


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("retired-host", "grep -v 2 /etc/hosts > /tmp/h; cat /tmp/h > /etc/hosts"),
        ("no-dns", ": > /etc/resolv.conf"),
        ("search-list", "printf 'nameserver 127.0.0.77\\n' > /etc/resolv.conf"),
        ("second-line", "sed -i 's/# END fleet/#END fleet/' /etc/hosts"),
        ("same-everywhere", "rm -r $(ls -d /srv/hosts/* | head -1)"),
        ("moved-host", "sed -i 's/^127.0.1.1/127.0.0.1/' /srv/hosts/*/etc/hosts"),
    ],
)
def test_doing_more_than_was_asked_scores_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(kind)
    assert not solved(bubblewrap_backend, task, *gold(task), more)
