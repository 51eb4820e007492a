"""Reading a task's folder from the disk: text files only, no links, nothing larger than a task may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentgym.errors import did_you_mean
from agentgym.harbor.faults import Fault
from agentgym.harbor.folder import LEFT_OUT, parse, read_text, read_tree

SETTINGS = ("task.toml", "task.json")
TREES = ("files", "visible_tests", "hidden_tests", "gold")


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
