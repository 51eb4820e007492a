"""The repairs that the oracle makes: the least text around each fault that is unique, and what it should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentgym.environments.code_repair.tasks.mutant import Fault
from agentgym.task import Task


class Repair(NamedTuple):
    """One exact replacement in one file."""

    file: str
    old: str
    new: str


def faults_of(task: Task) -> list[Fault]:
    """Return a task's faults as they lie in its files."""
    rows = task.secret["faults"]
    assert isinstance(rows, list)
    return [Fault.model_validate(row) for row in rows]


def repairs(task: Task) -> list[Repair]:
    """Return the replacements that undo a task's faults, to be made in this order."""
    files = dict(task.files)
    found = []
    # From the last line to the first, so that none moves the lines of the next.
    for fault in sorted(faults_of(task), key=lambda fault: -fault.line):
        repair = _repair(files[fault.file], fault)
        files[fault.file] = files[fault.file].replace(repair.old, repair.new)
        found.append(repair)
    return found


def _repair(text: str, fault: Fault) -> Repair:
    """Return the replacement of one fault: its lines alone if they are unique, else with lines around them."""
    if fault.is_one_line and _indent(fault.before[0]) == _indent(fault.after[0]):
        old, new = fault.after[0].strip(), fault.before[0].strip()
        if text.count(old) == 1:
            return Repair(fault.file, old, new)
    lines: Sequence[str] = text.splitlines()
    start, end = fault.line - 1, fault.line - 1 + len(fault.after)
    for around in range(len(lines)):
        head, tail = lines[max(0, start - around) : start], lines[end : end + around]
        old = "\n".join([*head, *fault.after, *tail])
        if old.strip() and text.count(old) == 1:
            return Repair(fault.file, old, "\n".join([*head, *fault.before, *tail]))
    raise LookupError(f"line {fault.line} of {fault.file} cannot be told from others")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
