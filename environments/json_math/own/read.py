"""Reading a user's own problems: a JSONL file with one a line, or a folder with one in each `.json` file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from agentgym.environments.json_math.own.definition import OWN, read_definition
from agentgym.errors import UsageError
from agentgym.harbor.faults import Fault
from agentgym.harbor.folder import parse
from agentgym.task import Task

MAX_TASKS = 10_000
MAX_BYTES = 1024 * 1024
OF_A_PROBLEM = frozenset({"statement", "parts"})


class Written(NamedTuple):
    """A problem as it stands in a file: where, what names it if it does not say so, and its text."""

    place: str
    name: str
    data: bytes


class Found(NamedTuple):
    """A task, or None, where it was found, what it calls itself, and what is wrong with it."""

    place: str
    id: str
    task: Task | None
    faults: Sequence[Fault]


def read_tasks(path: Path, short_name: str) -> Sequence[Task]:
    """Return the tasks at a path, in order of line or name.

    Args:
        path: a `.jsonl` file, a `.json` file, or a folder of `.json` files.
        short_name: of the environment, which their ids begin with.

    Raises:
        UsageError: lists the faults of all problems; what hangs on a value that is wrong itself is not looked at.
    """
    found = [_found(written, short_name) for written in _written(path)]
    faults = [fault.at(one.place) for one in found for fault in one.faults]
    tasks = [one.task for one in found if one.task is not None]
    if not found:
        faults.append(f"{path}: there is no problem here: a .jsonl file with one a line, or .json files, are needed")
    if len(found) > MAX_TASKS:
        faults.append(f"{path}: more than {MAX_TASKS:,} problems")
    counted = Counter(one.id for one in found if one.id)
    ids = {f"{short_name}/{OWN}/{name:.80}": count for name, count in counted.items()}
    faults += [f"{path}: {count} problems have the id {name}" for name, count in ids.items() if count > 1]
    if faults:
        raise UsageError(*faults)
    return [task.model_copy(update={"index": index}) for index, task in enumerate(tasks)]


def may_read(path: Path) -> bool:
    """Tell whether what lies first at a path has the keys of a problem."""
    try:
        first = next(_written(path), None)
        return first is not None and _values(first).keys() >= OF_A_PROBLEM
    except (UsageError, ValueError):
        return False


def _written(path: Path) -> Iterator[Written]:
    """Yield the problems at a path as they stand there; one more than may be, at most."""
    try:
        if path.is_dir():
            files = sorted(file for file in path.glob("*.json") if file.is_file())
            for file in files[: MAX_TASKS + 1]:
                yield Written(str(file), file.stem, _beginning(file))
        elif path.suffix == ".json":
            yield Written(str(path), path.stem, _beginning(path))
        else:
            yield from islice(_lines(path), MAX_TASKS + 1)
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file or folder") from None
    except OSError as error:
        raise UsageError(f"{path}: it cannot be read: {error.strerror}") from None


def _lines(path: Path) -> Iterator[Written]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_BYTES + 1):
            number += 1
            if line.strip():
                yield Written(f"{path}:{number}", "", line)
            while len(line) > MAX_BYTES and not line.endswith(b"\n"):
                line = file.readline(MAX_BYTES + 1)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _values(written: Written) -> dict[str, Any]:
    if len(written.data) > MAX_BYTES:
        raise ValueError(f"a problem has at most {MAX_BYTES:,} bytes")
    values = parse("problem.json", written.data.decode("utf-8"))
    return {"id": written.name, **values} if written.name else values


def _found(written: Written, short_name: str) -> Found:
    try:
        values = _values(written)
    except ValueError as error:
        return Found(written.place, "", None, [Fault("", str(error))])
    faults: list[Fault] = []
    task = read_definition(values, short_name, faults)
    name = values.get("id")
    return Found(written.place, name if isinstance(name, str) else "", task, faults)
