"""Lay out users, files and their metadata in a box, and say what metadata paths have.

Run as a program, it reads one JSON object from standard input: `{"state": …}` is laid out; `{"manifest": [paths]}` is
answered with the metadata of everything at or below the paths.
"""

from __future__ import annotations

import base64
import errno
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ACLS = {"acl": "system.posix_acl_access", "default_acl": "system.posix_acl_default"}
MAX_NODES = 400


def lay_out(state: Mapping[str, Any], *, password_hash: str = "!") -> None:
    """Make the groups, users, directories and files of a starting state, then run its commands."""
    for group in state["groups"]:
        _append("/etc/group", f"{group['name']}:x:{group['gid']}:")
    for user in state["users"]:
        name, number = user["name"], user["uid"]
        home = f"/home/{name}"
        _append("/etc/passwd", f"{name}:x:{number}:{number}::{home}:/bin/bash")
        _append("/etc/group", f"{name}:x:{number}:")
        _append("/etc/shadow", f"{name}:{password_hash}:20000:0:99999:7:::")
        place({"path": home, "kind": "dir", "mode": 0o755, "uid": number, "gid": number})
    _join_groups({user["name"]: user["groups"] for user in state["users"]})
    for node in state["nodes"]:
        place(node)
    for argv in state["commands"]:
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def place(node: Mapping[str, Any]) -> None:
    """Make one directory, file or symbolic link with its owner, and its mode and ACLs where it has some.

    Raises:
        OSError: the box does not take it.
    """
    path = node["path"]
    if node["kind"] == "link":
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(node["target"], path)
        os.chown(path, node["uid"], node["gid"], follow_symlinks=False)
        return
    if node["kind"] == "dir":
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(node["data"]))
    os.chown(path, node["uid"], node["gid"])
    os.chmod(path, node["mode"])
    for key, attribute in ACLS.items():
        if node.get(key):
            os.setxattr(path, attribute, bytes.fromhex(node[key]))


def replace_all(roots: Sequence[str], nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Make what is at and below the roots exactly the nodes; return the faults of those that could not be made."""
    for root in roots:
        if os.path.isdir(root) and not os.path.islink(root):
            shutil.rmtree(root)
        elif os.path.lexists(root):
            _remove_file(root)
    faults = []
    for node in sorted(nodes, key=lambda node: str(node["path"])):
        try:
            place(node)
        except (OSError, ValueError) as error:
            faults.append(f"{node['path']}: {error}")
    return faults


def _remove_file(path: str) -> None:
    try:
        os.unlink(path)
    except OSError as error:
        # Docker mounts a few files of /etc, as hosts: they can be written and not removed.
        if error.errno != errno.EBUSY:
            raise
        with open(path, "wb"):
            pass


def manifest(roots: Sequence[str]) -> list[dict[str, Any]]:
    """Return the metadata of what is at or below the roots, at most `MAX_NODES` entries."""
    nodes: list[dict[str, Any]] = []
    for path in (path for root in roots for path in _walk(root)):
        entry = _describe(path)
        if entry is not None:
            nodes.append(entry)
        if len(nodes) > MAX_NODES:
            break
    return nodes


def _walk(root: str) -> Iterator[str]:
    yield root
    if not os.path.islink(root):
        for folder, folders, files in os.walk(root):
            yield from (os.path.join(folder, name) for name in sorted(folders) + sorted(files))


def _describe(path: str) -> dict[str, Any] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    kinds = {stat.S_IFDIR: "dir", stat.S_IFREG: "file", stat.S_IFLNK: "link"}
    kind = kinds.get(stat.S_IFMT(found.st_mode))
    if kind is None:
        return None
    node = {
        "path": path,
        "kind": kind,
        "mode": stat.S_IMODE(found.st_mode),
        "uid": found.st_uid,
        "gid": found.st_gid,
    }
    if kind == "link":
        return node | {"target": os.readlink(path)}
    return node | {key: _acl(path, attribute) for key, attribute in ACLS.items()}


def _acl(path: str, attribute: str) -> str:
    try:
        return os.getxattr(path, attribute, follow_symlinks=False).hex()
    except OSError:
        return ""


def _append(path: str, line: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")


def _join_groups(groups_of: Mapping[str, Sequence[str]]) -> None:
    with open("/etc/group", encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines):
        name, password, gid, members = line.split(":")
        joined = [m for m in members.split(",") if m] + [user for user, groups in groups_of.items() if name in groups]
        lines[number] = ":".join((name, password, gid, ",".join(joined)))
    with open("/etc/group", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main() -> None:
    """Do what the request on standard input says."""
    request = json.load(sys.stdin)
    if "state" in request:
        lay_out(request["state"])
    else:
        json.dump(manifest(request["manifest"]), sys.stdout)


if __name__ == "__main__":
    main()
