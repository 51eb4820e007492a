"""Cron: more than one right way, and tables that are not quite right or too much."""

import pytest
from linux_config_plays import draw, faults, gold, names, solve

from agentgym.environments.linux_config.families.cron import FAMILY
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task


def words(task: Task) -> dict[str, str]:
    """What the commands below name: the ticket's programs and files in its order, and people in the scene's."""
    paths = list(dict.fromkeys(word.strip("`,.;:") for word in task.prompt.split() if word.startswith("/")))
    programs = [path for path in paths if path.endswith(".sh")]
    users = names(task, "users")
    system = next((path for path in paths if path.startswith("/etc/cron.d/")), "")
    when = task.prompt.partition("schedule ")[2].split(". ")[0]
    found = {"user": users[0], "other": users[1], "third": users[2] if len(users) > 2 else "", "when": when}
    found |= {"fourth": users[3] if len(users) > 3 else "", "vendor": system}
    return found | dict(zip(("program", "second", "last"), [*programs, "", ""], strict=False))


EDIT = "crontab -u {user} -l | {how} | crontab -u {user} -; "
HASH = "sed 's,.*{program},#&,'"
OUT = EDIT.replace("{how}", "sed '\\#{program}#d'")
LIST = "printf '%s\\n' {user} {other} {third} > /etc/cron.allow; "
JOB = "echo '{when} {program}' | crontab -u {user} -"
DENY = "cut -d: -f1 /etc/passwd | grep -v -e {user} -e {other} -e {third} > /etc/cron.deny; "
LATER = "crontab -u {third} -l | sed 's#^.* \\({second}\\)#{first} * * * \\1#' | crontab -u {third} -; "
LAST = "echo '{final} * * * {last}' | crontab -u {fourth} -"
# The first begins after midnight and before 05:00, and all are over four hours later.
TURNS = {"first": "0 @2", "final": "15 @3"}

RIGHT = {
    "commented out": (
        "three-tables",
        EDIT.replace("{how}", HASH) + "sed -i '\\,{program},s/^/#/' /etc/crontab",
    ),
    "a new list": ("allow-list", LIST + JOB),
    "a table in cron.d": ("allow-list", LIST + "echo '{when} {user} {program}' > /etc/cron.d/own"),
    "other times": ("take-turns", LATER + LAST),
}
WRONG = {
    "one table is left": ("three-tables", OUT),
    "the package's goes": ("three-tables", OUT + "sed -i '\\#{program}#d' /etc/crontab /etc/cron.d/*"),
    "the package's is emptied": ("three-tables", "sed -i '\\#{program}#s/^/#/' {vendor} /etc/crontab"),
    "no list": ("allow-list", "rm /etc/cron.allow; " + JOB),
    "all that one sees is listed": ("allow-list", "rm /etc/cron.allow; " + DENY + JOB),
    "the others are gone": ("allow-list", "echo {user} > /etc/cron.allow; " + JOB),
    "a list that crontab cannot read": ("allow-list", LIST + "chmod 600 /etc/cron.allow; " + JOB),
    "only the second": ("take-turns", LATER),
    "one runs twice": ("take-turns", LATER.replace("{first}", "{first},@3") + LAST),
    "by another user": ("take-turns", LATER + "crontab -u {fourth} -r; " + LAST.replace("fourth", "user")),
    "on weekdays": ("take-turns", LATER + LAST.replace("* * *", "* * 1-5")),
}  # fmt: skip


def filled(task: Task, command: str) -> str:
    begin = int(task.prompt.partition("first stays at ")[2][:2] or 0)
    for key, value in TURNS.items():
        command = command.replace(f"{{{key}}}", value)
    return command.replace("@2", str(begin + 1)).replace("@3", str(begin + 2)).format(**words(task))


@pytest.mark.parametrize(("kind", "command"), RIGHT.values(), ids=RIGHT)
def test_there_is_more_than_one_right_way(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("cron", kind)
    assert faults(solve(bubblewrap_backend, task, filled(task, command))) == []


@pytest.mark.parametrize(("kind", "command"), WRONG.values(), ids=WRONG)
def test_what_is_not_quite_right_scores_nothing(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("cron", kind)
    assert solve(bubblewrap_backend, task, filled(task, command)).value == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_a_list_is_mended_whatever_is_wrong_with_it(seed: int, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("cron", "allow-list", seed + 10)
    assert faults(solve(bubblewrap_backend, task, *gold(task))) == []


@pytest.mark.parametrize("cheat", FAMILY.cheats)
def test_cheats_score_nothing(cheat: str, bubblewrap_backend: SandboxBackend) -> None:
    task = draw("cron", "take-turns")
    assert solve(bubblewrap_backend, task, *FAMILY.cheats[cheat](task)).value == 0.0
