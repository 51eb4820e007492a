"""Tickets about time zones and locales: more than one right way, and near misses."""

import re
from functools import partial

import pytest
from linux_config_plays import draw, gold, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

ticket = partial(draw, "locale-timezone", seed=7)

FAMILY = FAMILIES["locale-timezone"]


def solved(backend: SandboxBackend, task: Task, *commands: str) -> bool:
    return solve(backend, task, *commands).success


def zones(task: Task) -> list[str]:
    return re.findall(r"\b[A-Z][a-z]+/[A-Z]\w+", task.prompt)


def test_a_zone_may_be_set_by_another_link(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("wrong-zone")
    _, wanted, *_ = zones(task)
    link = f"ln -sfn ../usr/share/zoneinfo/{wanted} /etc/localtime"
    assert solved(bubblewrap_backend, task, link, f"printf {wanted} > /etc/timezone")
    assert not solved(bubblewrap_backend, task, link)
    assert not solved(bubblewrap_backend, task, f"echo {wanted} > /etc/timezone; echo TZ={wanted} >> /etc/environment")


def test_a_users_zone_may_be_set_in_other_words(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("own-zone")
    zone = zones(task)[0]
    user = task.prompt.split()[0]
    line = f"TZ=:/usr/share/zoneinfo/{zone}; export TZ"
    assert solved(bubblewrap_backend, task, f"sed -i '1i {line}' /home/{user}/.profile")
    assert not solved(bubblewrap_backend, task, f"echo TZ={zone} >> /home/{user}/.profile")
    assert not solved(bubblewrap_backend, task, f"echo TZ={zone} >> /etc/environment")


def test_formats_may_be_set_in_the_environment(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("mixed-locale")
    match = re.search(r"\w\w_\w\w\.UTF-8", task.prompt)
    assert match is not None
    lines = "".join(f"LC_{name}={match[0]}\\n" for name in ("TIME", "NUMERIC", "MONETARY"))
    build = f"sed -i 's/^# *{match[0]}/{match[0]}/; $a {match[0]} UTF-8' /etc/locale.gen"
    assert solved(bubblewrap_backend, task, build, f"printf '{lines}' >> /etc/environment")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("fixed-offset", "sed -i y/+-/-+/ /etc/timezone"),
        ("zone-overridden", "sed -i /EDITOR/d /etc/environment"),
        ("copied-zone", "cp --remove-destination $(readlink -f /etc/localtime) /etc/localtime"),
        ("same-everywhere", "rm /srv/machines/*/etc/environment"),
        ("services-agree", "sed -i /TZ/d /etc/default/*"),
    ],
)
def test_doing_more_than_was_asked_scores_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket(kind)
    assert not solved(bubblewrap_backend, task, *gold(task), more)


SAYS = r"printf 'TZ={zone}\0PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games\0'"


@pytest.mark.parametrize("how", ["{says}; exit 0", 'trap "{says}" EXIT', "exec {says}"])
def test_a_profile_that_says_its_zone_has_none(how: str, bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("own-zone")
    line = how.format(says=SAYS.format(zone=zones(task)[0]))
    command = f"cat >> /home/{task.prompt.split()[0]}/.profile <<'END'\n{line}\nEND"
    assert not solved(bubblewrap_backend, task, command)


def test_a_service_that_says_its_zone_has_none(bubblewrap_backend: SandboxBackend) -> None:
    task = ticket("services-agree")
    machine, services = gold(task)
    files = services.split()[-2:]
    commands = [f"port=$(grep ^PORT= {file}); echo 'printf \"'$port'\\0\"; exit 0' > {file}" for file in files]
    assert not solved(bubblewrap_backend, task, machine, *commands)
    assert solved(bubblewrap_backend, task, machine, services)
