"""Where a task's code and tests lie in a grading box, and putting them there; all of it belongs to root."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agentgym.environments.code_repair.own.definition import Definition
from agentgym.sandbox import Sandbox

STAGE = "/srv/repair"
CODE = f"{STAGE}/code"
IN_BOX = Path(__file__).with_name("in_box")


def program(name: str) -> bytes:
    """Return the text of one of the programs that run inside a box."""
    return (IN_BOX / name).read_bytes()


def code_tree(task: Definition, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the workdir that is judged: the declared files as given, the others as they were served, and no tests."""
    served = {path: text.encode() for path, text in task.files.items() if path not in task.declared}
    return served | {path: files[path] for path in task.declared if path in files}


def put_code(box: Sandbox, task: Definition, files: Mapping[str, bytes]) -> None:
    """Put the code, without any test, into a box."""
    box.put_tree(code_tree(task, files), CODE, user="root")
