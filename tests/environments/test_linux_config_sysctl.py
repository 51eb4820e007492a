"""Tickets about kernel settings: more than one right way, and near misses."""

import re
from functools import partial

import pytest
from linux_config_plays import draw, gold, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

ticket = partial(draw, "sysctl", seed=7)

FAMILY = FAMILIES["sysctl"]


def solved(backend: SandboxBackend, task: Task, *commands: str) -> bool:
    return solve(backend, task, *commands).success


def test_a_value_may_be_set_in_any_file_that_is_read(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("set-value")
    match = re.search(r"setting (\S+) to be (\d+)", task.prompt)
    assert match is not None
    key, value = match.groups()
    assert solved(bubblewrap_backend, task, f"echo '{key.replace('.', '/')}  =  {value}  ' >> /etc/sysctl.conf")
    assert not solved(bubblewrap_backend, task, f"echo '{key} = {value}' > /etc/sysctl.d/zz")
    assert not solved(bubblewrap_backend, task, f"echo '{key} = {value} # needed' >> /etc/sysctl.conf")
    assert not solved(bubblewrap_backend, task, f"echo '{key} = {value}' > /usr/lib/sysctl.d/zz.conf")


def test_a_vendors_file_is_masked_by_a_link(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("mask-vendor")
    path = re.search(r"/usr/lib/sysctl.d/([\w-]+\.conf)", task.prompt)
    kept = re.search(r"([\w.-]+ = \d+) is right", task.prompt)
    assert path is not None
    assert kept is not None
    mask = f"ln -s /dev/null /etc/sysctl.d/{path[1]}"
    assert solved(bubblewrap_backend, task, mask, f"echo '{kept[1]}' >> /etc/sysctl.conf")
    assert not solved(bubblewrap_backend, task, mask)
    assert not solved(bubblewrap_backend, task, f"echo '{kept[1]}' > {path[0]}")


def test_a_later_file_may_lead_to_an_earlier_one(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("overridden")
    path = task.prompt.split()[0]
    assert solved(bubblewrap_backend, task, f"ln -s {path} /etc/sysctl.d/99-again.conf")
    assert not solved(bubblewrap_backend, task, f"mv {path} /etc/sysctl.d/99-again.conf")


def test_an_update_of_the_package_must_count(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("shadowed")
    path = re.search(r"/usr/lib/sysctl.d/([\w-]+\.conf)", task.prompt)
    assert path is not None
    ours = f"/etc/sysctl.d/{path[1]}"
    assert solved(bubblewrap_backend, task, f"cat {ours} >> /etc/sysctl.conf; rm {ours}")
    assert not solved(bubblewrap_backend, task, f"cat {path[0]} {ours} > /tmp/x; cat /tmp/x > {ours}")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("every-interface", "echo 'net.ipv4.conf.*.forwarding = 0' >> /etc/sysctl.conf"),
        ("all-but-one", "echo 'net.ipv4.conf.*.shared_media = 0' >> /etc/sysctl.conf"),
        ("surplus", "rm /etc/sysctl.d/40-*"),
        ("same-everywhere", "rm -r /srv/machines/*/usr"),
        ("one-gateway", "echo 'net.ipv4.ip_forward = 1' | tee -a /srv/machines/*/etc/sysctl.conf"),
    ],
)
def test_doing_more_than_was_asked_scores_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(kind)
    assert not solved(bubblewrap_backend, task, *gold(task), more)
