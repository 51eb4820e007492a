"""Which jobs cron finds in a machine's tables, and which tables it does not read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from agentgym.environments.linux_config.families.base import Claims
from agentgym.environments.linux_config.families.cron.schedule import Schedule

BLANKS = " \t"
SYSTEM_TABLE = "/etc/crontab"
SYSTEM_FOLDER = "/etc/cron.d"
SPOOL = "/var/spool/cron/crontabs"
ROOTS = (SYSTEM_TABLE, SYSTEM_FOLDER, SPOOL)
GROUP_OR_OTHERS_WRITE = 0o022
ASSIGNMENT = re.compile(r"""^[ \t]*(["']?)(\w+)\1[ \t]*=(.*)$""", re.ASCII)
MAX_LINE_CHARS = 4096
MAX_LINES = 200


class TooMuch(Exception):
    """A table is larger than any that a task asks for, and is not read to its end; what it does cannot be judged."""


@dataclass(frozen=True)
class Job:
    """One line of a table.

    Attributes:
        table: the path of the table.
        line: the line, its spacing made plain.
        user: who it runs as.
        schedule: when; None for `@reboot`, which has no time.
        command: what the shell is given.
        stdin: what the command reads.
        env: what the table's own lines set before it.
    """

    table: str
    line: str
    user: str
    schedule: Schedule | None
    command: str
    stdin: str
    env: Mapping[str, str] = field(default_factory=dict)


def jobs_of(claims: Claims, users: Mapping[str, int]) -> Iterator[Job]:
    """Yield the jobs of the tables that cron reads. Lines of system tables for users that are not listed count too."""
    for path, owner in tables_read(claims, users):
        try:
            yield from parse(claims.text(path), path, owner=owner)
        except ValueError:
            continue  # cron drops a table in which one line is wrong


def broken(claims: Claims, users: Mapping[str, int]) -> Iterator[str]:
    """Yield the tables that cron looks at and drops, since one line is wrong or names a user who does not exist."""
    for path, owner in tables_read(claims, users):
        try:
            parse(claims.text(path), path, users, owner)
        except ValueError as error:
            yield f"{path}: {error}"


def tables_read(claims: Claims, users: Mapping[str, int]) -> Iterator[tuple[str, str | None]]:
    """Yield the path of each table that cron looks at, and its owner if it is a user's own."""
    for node in claims.nodes:
        path = node["path"]
        if node["kind"] == "file" and is_read(node, users):
            yield path, PurePosixPath(path).name if path.startswith(SPOOL + "/") else None


def is_read(node: Mapping[str, Any], users: Mapping[str, int]) -> bool:
    """Tell whether cron reads a table of this name, owner and mode."""
    path = PurePosixPath(node["path"])
    if str(path.parent) == SPOOL:
        return path.name in users and node["mode"] == 0o600 and node["uid"] in (0, users[path.name])
    if str(path) != SYSTEM_TABLE and (
        str(path.parent) != SYSTEM_FOLDER or not re.fullmatch(r"[\w-]+", path.name, re.A)
    ):
        return False
    return node["uid"] == 0 and not node["mode"] & GROUP_OR_OTHERS_WRITE


def parse(text: str, table: str, users: Collection[str] | None = None, owner: str | None = None) -> list[Job]:
    """Return the jobs of a table.

    Args:
        text: the table.
        table: its path.
        users: who exists; None if anybody may.
        owner: the user of a user's own table; None for a system table, whose lines name the user.

    Raises:
        ValueError: cron would refuse the table.
        TooMuch: the table is too large to be judged.
    """
    if "\0" in text:
        raise ValueError("there is a NUL in it")
    jobs: list[Job] = []
    env: dict[str, str] = {}
    # A line ends at a newline only, and only blanks and tabs part words: Python knows more of both than cron.
    for line in text.split("\n"):
        if not line.strip(BLANKS) or line.lstrip(BLANKS).startswith("#"):
            continue
        if len(line) > MAX_LINE_CHARS or max(len(jobs), len(env)) > MAX_LINES:
            raise TooMuch(
                f"{table} has a line of over {MAX_LINE_CHARS} characters, or over {MAX_LINES} lines that count"
            )
        if assignment := ASSIGNMENT.match(line):
            env[assignment[2]] = assignment[3].strip(BLANKS).strip("\"'")
            continue
        jobs.append(_job(line, table, users, owner, dict(env)))
    if jobs and not text.endswith("\n"):
        raise ValueError("the last line does not end")
    return jobs


def _job(line: str, table: str, users: Collection[str] | None, owner: str | None, env: Mapping[str, str]) -> Job:
    times = 1 if line.lstrip(BLANKS).startswith("@") else 5
    words = re.split(r"[ \t]+", line.strip(BLANKS), maxsplit=times + (owner is None))
    if len(words) <= times + (owner is None):
        raise ValueError(f"{line!r} is no job")
    when = " ".join(words[:times])
    user = owner or words[times]
    if users is not None and user not in users:
        raise ValueError(f"there is no user {user!r}")
    schedule = None if when == "@reboot" else Schedule.parse(when)
    command, stdin = _split_at_percent(words[-1])
    return Job(table, " ".join(re.split(r"[ \t]+", line.strip(BLANKS))), user, schedule, command, stdin, env)


def _split_at_percent(text: str) -> tuple[str, str]:
    """Return the command and its input: an unescaped percent sign ends the first, and is a line's end in the second."""
    parts = [part.replace(r"\%", "%") for part in re.split(r"(?<!\\)%", text)]
    return parts[0], "\n".join(parts[1:])
