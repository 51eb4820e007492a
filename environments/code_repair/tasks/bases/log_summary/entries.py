"""Entries of a log."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LINE = re.compile(rf"(\S+)\s+({'|'.join(LEVELS)})\s+\[([\w.]+)\]\s*(.*)")


@dataclass
class Entry:
    """What was reported, how bad it was (an index in `LEVELS`), and where and when; times are in UTC."""

    time: datetime
    level: int
    source: str
    message: str


def read_entries(text: str) -> tuple[list[Entry], list[int]]:
    """Return the entries sorted by time (equal ones as they come), and the numbers of the lines that are none.

    Empty lines are left out, and lines that begin with white space belong to the entry before, if there is one.
    """
    entries: list[Entry] = []
    wrong: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or (line[0].isspace() and entries):
            continue
        try:
            entries.append(read_entry(line))
        except ValueError:
            wrong.append(number)
    return sorted(entries, key=lambda entry: entry.time), wrong


def read_entry(line: str) -> Entry:
    """Return the entry of a line such as `2024-03-01T12:00:00+01:00 ERROR [db] no answer`.

    Raises:
        ValueError: it is none, or its time does not exist.
    """
    found = LINE.fullmatch(line)
    if found is None:
        raise ValueError("the line is no entry")
    time = datetime.fromisoformat(found[1])
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return Entry(time, LEVELS.index(found[2]), found[3], found[4].rstrip())
