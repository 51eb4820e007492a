"""The programs below a folder: Python files, and code in the strings of JSON files."""

from __future__ import annotations

import ast
import gzip
import importlib.util
import io
import json
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agentgym.decontamination.shingles import MOST_CHARS, Function, parse

DATA_SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
MOST_FILE_BYTES = MOST_CHARS
MOST_RECORD_BYTES = 64 << 20
# A file whose lines are no JSON is given up on, rather than told about line by line.
MOST_BAD_LINES = 3
MOST_LINES = 1_000_000
# HumanEval and its kin: a program's beginning, and what comes after it.
BEGINNINGS = ("prompt", "complete_prompt", "code_prompt", "declaration")
ENDING = "canonical_solution"


class Program(NamedTuple):
    """A program's text, and where it is from: a path, with line and field where it is in a JSON file."""

    name: str
    text: str


class Unreadable(NamedTuple):
    """What could not be read, and why."""

    name: str
    reason: str


def find_files(folder: Path) -> list[Path]:
    """Return the files below a folder that may hold programs, in order; folders behind links are not entered."""
    found: list[Path] = []
    # A folder that cannot be listed stands among the files, so that reading it says so.
    unlisted = found.append
    for parent, folders, names in os.walk(folder, onerror=lambda error: unlisted(Path(error.filename))):
        folders.sort()
        found.extend(Path(parent, name) for name in sorted(names) if name.endswith((".py", *DATA_SUFFIXES)))
    return found


def read_folder(folder: Path, files: Iterable[Path] | None = None) -> Iterator[Program | Unreadable]:
    """Yield every program below a folder, in order.

    Args:
        folder: names are relative to it.
        files: the files to read, where they are known already.
    """
    for path in find_files(folder) if files is None else files:
        name = _printable(str(path.relative_to(folder)))
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                yield Unreadable(name, "a folder that cannot be listed")
            elif not stat.S_ISREG(mode):
                yield Unreadable(name, "not a regular file")
            elif path.suffix == ".py":
                yield Program(name, _python_text(path))
            else:
                yield from _from_data(path, name)
        except (OSError, EOFError, zlib.error) as error:
            yield Unreadable(name, getattr(error, "strerror", None) or str(error))
        except (ValueError, SyntaxError, LookupError) as error:
            yield Unreadable(name, str(error))


def _python_text(path: Path) -> str:
    """Return a Python file's text, in the encoding that it declares."""
    with path.open("rb") as file:
        data = file.read(MOST_FILE_BYTES + 1)
    if len(data) > MOST_FILE_BYTES:
        raise ValueError(f"larger than {MOST_FILE_BYTES >> 20} MiB")
    return importlib.util.decode_source(data)


def _from_data(path: Path, name: str) -> Iterator[Program | Unreadable]:
    """Yield the programs in a JSON file: one document, or one in each line."""
    if ".jsonl" not in path.name[-9:]:
        with _opened(path) as file:
            data = file.read(MOST_RECORD_BYTES + 1)
        document = _parsed(data)
        if not isinstance(document, ValueError):
            yield from programs_in(document, name)
            return
        if b"\n" not in data.strip() or len(data) > MOST_RECORD_BYTES:
            yield Unreadable(name, str(document))
            return
    yield from _from_lines(path, name)


def _from_lines(path: Path, name: str) -> Iterator[Program | Unreadable]:
    bad = 0
    with _opened(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(MOST_RECORD_BYTES + 1), b""), start=1):
            document = _parsed(line) if line.strip() else None
            if number > MOST_LINES:
                break
            if not isinstance(document, ValueError):
                yield from programs_in(document, f"{name}:{number}")
                continue
            yield Unreadable(f"{name}:{number}", str(document))
            bad += 1
            if bad == MOST_BAD_LINES or len(line) > MOST_RECORD_BYTES:
                break
        else:
            return
    yield Unreadable(name, f"given up on at line {number:,}")


def programs_in(document: Any, name: str) -> Iterator[Program]:
    """Yield the programs in a JSON document: every string that is Python with a function in it, each text once.

    Strings that hold a JSON list or object themselves are looked into. Where a record has its program in two fields, as
    HumanEval's `prompt` and `canonical_solution`, they are joined, and not looked at one by one.
    """
    seen: set[str] = set()
    values: list[tuple[str, Any]] = [("", document)]
    while values:
        path, value = values.pop()
        if isinstance(value, dict):
            values += [(f"{path}.{key}", inner) for key, inner in reversed(_joined(value).items())]
        elif isinstance(value, list):
            values += [(f"{path}[{position}]", value[position]) for position in reversed(range(len(value)))]
        elif isinstance(value, str) and "def " in value and value not in seen:
            seen.add(value)
            inner = _parsed(value.encode("utf-8", "replace")) if value.lstrip()[:1] in ("[", "{") else None
            if isinstance(inner, list | dict):
                values.append((path, inner))
            elif _has_function(value):
                yield Program(_printable(f"{name}{path}"), value)


def _joined(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with its beginnings and ending put together, where that gives a program."""
    ending = record.get(ENDING)
    beginnings = {key: record[key] for key in BEGINNINGS if isinstance(record.get(key), str)}
    if not isinstance(ending, str) or not beginnings:
        return dict(record)
    for key, beginning in beginnings.items():
        if _has_function(beginning + ending):
            rest = {field: value for field, value in record.items() if field not in (*beginnings, ENDING)}
            return {f"{key}+{ENDING}": beginning + ending, **rest}
    return dict(record)


def _has_function(text: str) -> bool:
    try:
        return any(isinstance(node, Function) for node in ast.walk(parse(text)))
    except ValueError:
        return False


def _parsed(data: bytes) -> Any:
    """Return a JSON document, or the error that says why it is none."""
    if len(data) > MOST_RECORD_BYTES:
        return ValueError(f"a document larger than {MOST_RECORD_BYTES >> 20} MiB")
    try:
        return json.loads(data)
    except RecursionError:
        return ValueError("not JSON: nested too deeply")
    except ValueError as error:
        return ValueError(f"not JSON: {error}")


def _opened(path: Path) -> io.BufferedIOBase:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _printable(name: str) -> str:
    """Return a name that a terminal and UTF-8 can take, whatever is in it."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)
