"""Reading a task's folder from the disk: text files only, no links, nothing larger than a task may be."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from agentgym.environments.code_repair.own.faults import Fault
from agentgym.environments.code_repair.own.paths import MAX_FILE_BYTES, MAX_FILES
from agentgym.errors import did_you_mean

SETTINGS = ("task.toml", "task.json")
LEFT_OUT = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
TREES = ("files", "visible_tests", "hidden_tests", "gold")


def read_tree(folder: Path, key: str, faults: list[Fault]) -> dict[str, str]:
    """Return the text files below a folder by relative path; whatever else is there is a fault."""
    found: dict[str, str] = {}
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if len(found) >= MAX_FILES:
            faults.append(Fault(key, f"there are more than the {MAX_FILES} files that a task may have"))
            break
        text = read_text(path, f"{key}/{name}", faults)
        if text is not None:
            found[name] = text
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and name != ".git")
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*names, *linked]) if not name.endswith(".pyc"))


def read_text(path: Path, key: str, faults: list[Fault]) -> str | None:
    """Return a regular file's text, or None and a fault."""
    try:
        if path.is_symlink() or not path.is_file():
            faults.append(Fault(key, "this is a link or no regular file: put the file itself there"))
        elif path.stat().st_size > MAX_FILE_BYTES:
            faults.append(Fault(key, f"it has more than the {MAX_FILE_BYTES:,} bytes a file may have"))
        else:
            return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        faults.append(Fault(key, "it is no UTF-8 text, and a task holds text files only"))
    except OSError as error:
        faults.append(Fault(key, f"it cannot be read: {error.strerror}"))
    return None


def read_settings(folder: Path, faults: list[Fault]) -> dict[str, Any]:
    """Return what `task.toml` or `task.json` says."""
    names = [name for name in SETTINGS if (folder / name).exists()]
    if len(names) != 1:
        faults.append(Fault("", "it needs one of task.toml and task.json, and has " + ("both" if names else "neither")))
        return {}
    text = read_text(folder / names[0], names[0], faults)
    try:
        return {} if text is None else parse(names[0], text)
    except ValueError as error:
        faults.append(Fault(names[0], str(error)))
        return {}


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


def read_own(folder: Path, faults: list[Fault]) -> dict[str, Any]:
    """Return the values of a task that is a folder: its settings, and what its subfolders and files hold."""
    values = read_settings(folder, faults)
    found: dict[str, Any] = {key: read_tree(folder / key, key, faults) for key in TREES if (folder / key).is_dir()}
    for key, name in (("prompt", "prompt.md"), ("inputs", "inputs.py")):
        if (folder / name).exists():
            found[key] = read_text(folder / name, name, faults) or ""
    for key in found.keys() & values.keys():
        faults.append(Fault(key, f"it is given twice: in {'/'.join(SETTINGS)} and as a file or folder of its own"))
    known = {*SETTINGS, *TREES, "prompt.md", "inputs.py", "README.md"}
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in known | LEFT_OUT)
    faults += [Fault(name, f"no part of a task has this name{did_you_mean(name, known)}") for name in strangers]
    return {"id": folder.name} | values | found
