"""Reading a task's folder from the disk: regular files only, no links, nothing larger than a task may be."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar

from agentgym.harbor.faults import Fault

MAX_FILE_BYTES = 256 * 1024
MAX_FILES = 500
LEFT_OUT = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}

Read = TypeVar("Read")


class File(NamedTuple):
    """A file's bytes, and whether it may be started."""

    data: bytes
    executable: bool


def read_tree(folder: Path, key: str, faults: list[Fault]) -> dict[str, str]:
    """Return the text files below a folder by relative path; whatever else is there is a fault."""
    return _read_tree(folder, key, faults, read_text)


def read_files(folder: Path, key: str, faults: list[Fault], *, max_bytes: int) -> dict[str, File]:
    """Return the files below a folder by relative path; links and what is too large are faults."""
    found = _read_tree(folder, key, faults, read_file)
    if sum(len(file.data) for file in found.values()) > max_bytes:
        faults.append(Fault(key, f"the files have more than {max_bytes:,} bytes in all"))
    return found


def _read_tree(
    folder: Path, key: str, faults: list[Fault], read: Callable[[Path, str, list[Fault]], Read | None]
) -> dict[str, Read]:
    found: dict[str, Read] = {}
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if len(found) >= MAX_FILES:
            faults.append(Fault(key, f"there are more than the {MAX_FILES} files that a task may have"))
            break
        content = read(path, f"{key}/{name}", faults)
        if content is not None:
            found[name] = content
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and name != ".git")
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*names, *linked]) if not name.endswith(".pyc"))


def read_text(path: Path, key: str, faults: list[Fault]) -> str | None:
    """Return a regular file's text, or None and a fault."""
    file = read_file(path, key, faults, max_bytes=MAX_FILE_BYTES)
    try:
        return None if file is None else file.data.decode("utf-8")
    except UnicodeDecodeError:
        faults.append(Fault(key, "it is no UTF-8 text, and text is needed here"))
    return None


def read_file(path: Path, key: str, faults: list[Fault], *, max_bytes: int = 1 << 62) -> File | None:
    """Return a regular file, or None and a fault."""
    try:
        if path.is_symlink() or not path.is_file():
            faults.append(Fault(key, "this is a link or no regular file: put the file itself there"))
        elif path.stat().st_size > max_bytes:
            faults.append(Fault(key, f"it has more than the {max_bytes:,} bytes a file may have"))
        else:
            return File(path.read_bytes(), bool(path.stat().st_mode & 0o111))
    except OSError as error:
        faults.append(Fault(key, f"it cannot be read: {error.strerror}"))
    return None


def parse(name: str, text: str) -> dict[str, Any]:
    """Return the table that a TOML or JSON text is.

    Raises:
        ValueError: it is none; says why and where.
    """
    try:
        if name.endswith(".toml"):
            return tomllib.loads(text)
        value = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"this is no TOML: {error}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object is needed, not {type(value).__name__}")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    doubles = sorted({key for key in keys if keys.count(key) > 1})
    if doubles:
        raise ValueError(f"the key {doubles[0]!r} occurs twice in one object")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
