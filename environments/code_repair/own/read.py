"""Reading a user's tasks: a JSONL file, one task's folder, or a folder of such folders; Harbor's layout too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from agentgym.environments.code_repair.own.definition import Definition, definition_faults
from agentgym.environments.code_repair.own.folder import SETTINGS, read_own
from agentgym.environments.code_repair.own.harbor.read import read_harbor
from agentgym.environments.code_repair.own.paths import path_fault, tree_faults
from agentgym.errors import UsageError
from agentgym.harbor.faults import Fault, model_faults
from agentgym.harbor.folder import parse
from agentgym.harbor.layout import is_harbor
from agentgym.task import Split, Task

MAX_TASKS = 10_000
MAX_LINE_BYTES = 16 * 1024 * 1024
FAMILY = "own"
# What takes the place of keys that cannot be read while the others are looked at.
STAND_INS = {"id": "task", "prompt": "-", "files": {"-": ""}, "gold": {"-": ""}}
JUDGED_ALONE = frozenset({"visible_tests", "hidden_tests", "pytest_ids", "inputs"})
JUDGED_TOGETHER = frozenset({"files", "gold", "editable", "entry_points", "calls", "visible_tests", "hidden_tests"})


class Found(NamedTuple):
    """A task, or None, where it was found, and what is wrong with it."""

    place: str
    task: Task | None
    faults: Sequence[Fault]


def read_tasks(path: Path, short_name: str) -> Sequence[Task]:
    """Return the tasks at a path, in order of name or line.

    Args:
        path: a `.jsonl` file, a task's folder, or a folder of task folders.
        short_name: of the environment, which their ids begin with.

    Raises:
        UsageError: lists every fault of every task.
    """
    found = list(_found(path, short_name))
    faults = [fault.at(one.place) for one in found for fault in one.faults]
    tasks = [one.task for one in found if one.task is not None]
    if not found:
        faults.append(f"{path}: there is no task here: a folder for each, or a .jsonl file with one a line, is needed")
    if len(found) > MAX_TASKS:
        faults.append(f"{path}: more than {MAX_TASKS:,} tasks")
    # Names that differ in nothing but case would be one folder on some disks.
    counted = Counter(task.id.lower() for task in tasks)
    faults += [f"{path}: {count} tasks have the id {name}" for name, count in counted.items() if count > 1]
    if faults:
        raise UsageError(*faults)
    return [task.model_copy(update={"index": index}) for index, task in enumerate(tasks)]


def _found(path: Path, short_name: str) -> Iterator[Found]:
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or folder")
    if path.is_file():
        yield from _in_lines(path, short_name)
    elif _is_task(path):
        yield _in_folder(path, short_name)
    else:
        for folder in sorted(path.iterdir()):
            if folder.is_dir() and not folder.name.startswith("."):
                yield _in_folder(folder, short_name)


def _is_task(folder: Path) -> bool:
    return is_harbor(folder) or any((folder / name).is_file() for name in SETTINGS)


def _in_lines(path: Path, short_name: str) -> Iterator[Found]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            place = f"{path}:{number}"
            if not line.strip():
                continue
            if len(line) > MAX_LINE_BYTES:
                yield Found(place, None, [Fault("", f"the line has more than {MAX_LINE_BYTES:,} bytes")])
                continue
            try:
                values = parse("line.json", line.decode("utf-8"))
            except ValueError as error:
                yield Found(place, None, [Fault("", str(error))])
                continue
            yield _defined(place, values, [], short_name)


def _in_folder(folder: Path, short_name: str) -> Found:
    faults: list[Fault] = []
    if is_harbor(folder):
        return Found(str(folder), read_harbor(folder, short_name, faults), faults)
    return _defined(str(folder), read_own(folder, faults), faults, short_name)


def _defined(place: str, values: dict[str, Any], faults: list[Fault], short_name: str) -> Found:
    try:
        definition = Definition.model_validate(values)
    except ValidationError as error:
        return Found(place, None, [*faults, *model_faults(Definition, error), *faults_of_the_rest(values, error)])
    faults += definition_faults(definition)
    return Found(place, None if faults else as_task(definition, short_name), faults)


def faults_of_the_rest(values: dict[str, Any], error: ValidationError) -> Iterator[Fault]:
    """Yield what is wrong with the keys that could be read, where others could not.

    Of keys that are judged by looking at others, only what is wrong with their paths is said.
    """
    unread = {str(found["loc"][0]) for found in error.errors() if found["loc"]}
    readable = {key: value for key, value in values.items() if key not in unread}
    try:
        others = {key: value for key, value in STAND_INS.items() if key != "prompt" or "instruction" not in readable}
        rest = Definition.model_validate({**others, **readable})
    except ValidationError:
        return  # one key has two names
    for fault in definition_faults(rest):
        key = fault.key.partition(".")[0]
        if key in readable and (key in JUDGED_ALONE or unread.isdisjoint(JUDGED_TOGETHER)):
            yield fault
    if not unread.isdisjoint(JUDGED_TOGETHER):
        for tree in ("files", "gold"):
            yield from tree_faults(tree, readable.get(tree, {}))
        for number, path in enumerate(readable.get("editable", ())):
            if why := path_fault(path):
                yield Fault(f"editable.{number}", why)


def as_task(definition: Definition, short_name: str) -> Task:
    """Return the task that is played: what the policy sees, and the whole definition as its secret."""
    return Task(
        id=f"{short_name}/{FAMILY}/{definition.id}",
        split=Split.EVAL,
        index=0,
        family=FAMILY,
        level=definition.level,
        prompt=definition.prompt,
        files={**definition.files, **definition.visible_tests},
        secret={FAMILY: definition.model_dump(mode="json")},
    )
