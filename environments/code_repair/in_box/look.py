"""Says what lies in a folder of the box and which processes run, as JSON: for signs of tampering, never for a verdict.

Usage: `python3 -I -S -B look.py FOLDER`, as the user whose box it is.
"""

import json
import os
import stat
import sys

MOST = 400


def files(folder: str) -> list[list[str]]:
    """Return pairs of kind and path of what lies below a folder."""
    found = []
    for place, folders, names in os.walk(folder):
        for name in sorted(folders) + sorted(names):
            path = os.path.join(place, name)
            mode = os.lstat(path).st_mode
            kind = "link" if stat.S_ISLNK(mode) else "folder" if stat.S_ISDIR(mode) else "file"
            found.append([kind, os.path.relpath(path, folder)])
            if len(found) >= MOST:
                return found
    return found


def processes() -> list[str]:
    """Return the names of this user's processes that commands left behind.

    A command, or the session's shell, is the first child of a worker of the box's, which is another user's. What a
    command starts is its own child, and later, when it has ended, another child of the worker's, or of process 1.
    """
    workers = {1}
    left = []
    for _, parent, name in living():
        if parent in workers or owner(parent) == os.getuid():
            left.append(name)
        workers.add(parent)
    return sorted(left)


def living() -> list[tuple[int, int, str]]:
    """Return when this user's processes began, their parents' numbers and their names, the oldest first."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as file:
                before, _, after = file.read().rpartition(")")
            state, parent, *rest = after.split()
            if owner(number) == os.getuid() and state != "Z":
                found.append((int(rest[17]), int(parent), before.partition("(")[2]))
        except OSError:
            continue
    return sorted(found)


def owner(number: int | str) -> int:
    """Return the user that a process runs as, or -1 if it has ended."""
    try:
        return os.stat(f"/proc/{number}").st_uid
    except OSError:
        return -1


if __name__ == "__main__":
    print(json.dumps({"files": files(sys.argv[1]), "processes": processes()}))
