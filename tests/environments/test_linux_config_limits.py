"""Limits: more than one right way, and no way beside them."""

from functools import partial

import pytest
from linux_config_plays import draw, faults, gold, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.limits import concerned, table
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

task_of = partial(draw, "limits", seed=7)

FAMILY = FAMILIES["limits"]
FOLDER = "/etc/security/limits.d"


def words(task: Task) -> dict[str, str]:
    """Return who is in the ticket, and the item and number that the solution ends with."""
    state: dict[str, list[dict[str, str]]] = task.setup["state"]  # type: ignore[assignment]
    line = gold(task)[0].partition(" > ")[0].strip("'").split()
    people = {"person": state["users"][0]["name"], "mate": state["users"][1]["name"]}
    return people | {"team": state["groups"][0]["name"], "item": line[-2], "number": line[-1]}


OTHER_WAYS = {
    "members": "printf '@{team} soft {item} {number}\\n@{team} hard {item} {number}\\n' >> /etc/security/limits.conf",
    "everybody": "sed -i '1i *\t-\t{item}\t{number} # not www-data - priority 3' /etc/security/limits.conf",
    "overridden": "cd {folder}; mv *-site.conf zz.conf; rm 99-site.cnf",
}


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_there_is_another_way(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(name)
    assert faults(solve(bubblewrap_backend, task, OTHER_WAYS[name].format(folder=FOLDER, **words(task)))) == []


NEAR_MISSES = {
    "members": [
        "printf '{person} - {item} {number}\\n{mate} - {item} {number}\\n' > {folder}/x.conf",
        "echo '@{team} - {item} {number}' > {folder}/x",
        "echo '@{team} soft {item} {number}' > {folder}/x.conf",
        "echo '* - {item} {number}' > {folder}/x.conf",
    ],
    "overridden": ["cd {folder}; rm $(grep -l Installed *)"],
    "own-line": [
        "sed -i -E 's/^({person}\t-\t[a-z]+\t).*/\\1'$(grep -ho '[0-9]*$' {folder}/*-site.conf)/ {folder}/*",
        "rm $(grep -l '^{person}' {folder}/*)",
    ],
}


@pytest.mark.parametrize(("name", "command"), [(name, each) for name in NEAR_MISSES for each in NEAR_MISSES[name]])
def test_a_near_miss_scores_nothing(name: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(name)
    assert solve(bubblewrap_backend, task, command.format(folder=FOLDER, **words(task))).value == 0.0


OVERDONE = (
    "echo '* - nonewprivs 1' > {folder}/x.conf",
    "echo 'www-data - nofile 5' > {folder}/x.conf",
    "echo '5000: - nofile 5' > {folder}/x.conf",
    "echo '@adm - nproc 3' > {folder}/x.conf",
    "echo 'root - nproc 99' > {folder}/root.conf",
    "echo '* - maxlogins 3' > {folder}/logins.conf",
    "echo '@{team} - core 0' > {folder}/x.conf; echo '@{team} - msgqueue 5000' >> {folder}/x.conf",
    "chmod 666 {folder}/*",
)


@pytest.mark.parametrize("more", OVERDONE)
def test_doing_more_than_was_asked_scores_nothing(more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of("members")
    commands = (*gold(task), more.format(folder=FOLDER, **words(task)))
    assert solve(bubblewrap_backend, task, *commands).value == 0.0


def test_a_table_of_limits_is_read_by_the_kernels_names() -> None:
    text = (
        "in a session\n"
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max cpu time              unlimited            unlimited            seconds   \n"
        "Max open files            1024                 4096                 files     \n"
        "Max nice priority         0                    0                    \n"
    )
    assert table(text) == {
        "Max cpu time": ("unlimited", "unlimited"),
        "Max open files": ("1024", "4096"),
        "Max nice priority": ("0", "0"),
    }


def test_a_line_is_about_all_root_and_the_tickets_users_and_groups() -> None:
    domains = {"names": ["ann", "@ops"], "users": [2001], "groups": [3001], "far": 59999, "all": False}
    assert all(concerned(domain, domains) for domain in ("*", "root", "ann", "@ops", ":2001", "2001:2001", "@:3001"))
    others = ("bob", "@adm", "%ops", ":33", "2001:", "2001:2002", "@3001:", "@:2001", ":", "1000:", "@1000:60000")
    assert not any(concerned(domain, domains) for domain in others)
    everybody = domains | {"all": True}
    assert all(concerned(domain, everybody) for domain in ("1000:", "1000:60000"))
    assert not any(concerned(domain, everybody) for domain in ("1000:2000", "@1000:", ":", "daemon"))
