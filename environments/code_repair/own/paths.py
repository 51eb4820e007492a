"""Which paths a user's task may name, and how much it may hold."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from agentgym.harbor.faults import Fault
from agentgym.harbor.folder import MAX_FILE_BYTES, MAX_FILES

MAX_SOURCE_BYTES = 64 * 1024
MAX_TASK_BYTES = 4 * 1024 * 1024
MAX_PATH_CHARS = 200


def path_fault(path: str) -> str | None:
    """Return why a path cannot name a file of the task, or None if it can."""
    if not path or len(path) > MAX_PATH_CHARS:
        return f"a path has 1 to {MAX_PATH_CHARS} characters"
    if path.startswith(("/", "~")):
        return "a path relative to the workdir is needed, not an absolute one"
    if ".." in path.split("/"):
        return "a path may not hold '..'"
    if posixpath.normpath(path) != path or "\\" in path or not path.isprintable():
        return "a plain path is needed, without '.', doubled slashes, backslashes or control characters"
    if ".git" in path.split("/"):
        return "a repository's history may hold the solution: leave .git out"
    return None


def tree_faults(key: str, files: Mapping[str, str]) -> Iterator[Fault]:
    """Yield what is wrong with the paths and sizes of one set of files."""
    if len(files) > MAX_FILES:
        yield Fault(key, f"{len(files)} files are more than the {MAX_FILES} that a task may have")
    for path, text in files.items():
        if why := path_fault(path):
            yield Fault(f"{key}.{path}", why)
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > MAX_FILE_BYTES:
            yield Fault(f"{key}.{path}", f"{size:,} bytes are more than the {MAX_FILE_BYTES:,} a file may have")
        if any("\ud800" <= character <= "\udfff" for character in text):
            yield Fault(f"{key}.{path}", "the text holds half a surrogate pair, which is no UTF-8")
    for path in files:
        inside = [other for other in files if other.startswith(f"{path}/")]
        if inside:
            yield Fault(f"{key}.{path}", f"this is a file here and a folder in {inside[0]}")
