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
    """Return the names of this user's processes that no command of the agent's waits for."""
    names = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{number}").st_uid == os.getuid() and int(number) != os.getpid():
                with open(f"/proc/{number}/comm", encoding="utf-8", errors="replace") as file:
                    names.append(file.read().strip())
        except OSError:
            continue
    return sorted(names)


if __name__ == "__main__":
    print(json.dumps({"files": files(sys.argv[1]), "processes": processes()}))
