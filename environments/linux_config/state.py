"""The starting state of a box: who exists, what files there are, and who may do what with them."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

SYSTEM_USERS = {"root": 0}
SYSTEM_GROUPS = {"root": 0, "adm": 4, "sudo": 27, "www-data": 33, "users": 100}
FIRST_UID = 2001
FIRST_GID = 3001


class StartingState:
    """Collects users, groups, directories, files, links and commands; `as_json` is what `inbox/layout.py` lays out."""

    def __init__(self) -> None:
        self._users: list[dict[str, JsonValue]] = []
        self._groups: list[dict[str, JsonValue]] = []
        self._nodes: list[dict[str, JsonValue]] = []
        self._commands: list[JsonValue] = []
        self._uids = dict(SYSTEM_USERS)
        self._gids = dict(SYSTEM_GROUPS)

    def group(self, name: str) -> str:
        """Add a group and return its name."""
        self._gids[name] = FIRST_GID + len(self._groups)
        self._groups.append({"name": name, "gid": self._gids[name]})
        return name

    def user(self, name: str, *groups: str) -> str:
        """Add a user with a home, a group of the same name and memberships; return the name."""
        self._uids[name] = self._gids[name] = FIRST_UID + len(self._users)
        self._users.append({"name": name, "uid": self._uids[name], "groups": list(groups)})
        return name

    def directory(self, path: str, mode: int = 0o755, *, owner: str = "root", group: str = "root") -> str:
        """Add a directory and return its path."""
        self._nodes.append(self._node(path, "dir", mode, owner, group))
        return path

    def file(self, path: str, text: str, mode: int = 0o644, *, owner: str = "root", group: str = "root") -> str:
        """Add a file and return its path."""
        data = base64.b64encode(text.encode()).decode()
        self._nodes.append(self._node(path, "file", mode, owner, group) | {"data": data})
        return path

    def link(self, path: str, target: str) -> str:
        """Add a symbolic link, root's, and return its path."""
        self._nodes.append(self._node(path, "link", 0o777, "root", "root") | {"target": target})
        return path

    def command(self, *argv: str) -> None:
        """Add a command that is run as root once everything else is there."""
        self._commands.append(list(argv))

    def uid(self, name: str) -> int:
        """Return the number of a user of this state."""
        return self._uids[name]

    def gid(self, name: str) -> int:
        """Return the number of a group of this state."""
        return self._gids[name]

    def below(self, root: str) -> list[dict[str, JsonValue]]:
        """Return path, kind, mode, uid and gid of everything at or below a folder."""
        fields = ("path", "kind", "mode", "uid", "gid")
        inside = [node for node in self._nodes if f"{node['path']}/".startswith(f"{root}/")]
        return [{field: node[field] for field in fields} for node in inside]

    def ids_in(self, text: str) -> dict[str, list[int]]:
        """Return the numbers of the `users` and `groups` that a text names."""
        words = set(re.findall(r"[\w.-]*\w", text))
        users = [uid for name, uid in self._uids.items() if name in words]
        groups = [gid for name, gid in self._gids.items() if name in words]
        return {"users": users, "groups": groups}

    def as_json(self) -> dict[str, JsonValue]:
        """Return the state as plain data."""
        return {
            "users": list(self._users),
            "groups": list(self._groups),
            "nodes": list(self._nodes),
            "commands": list(self._commands),
        }

    def _node(self, path: str, kind: str, mode: int, owner: str, group: str) -> dict[str, JsonValue]:
        return {"path": path, "kind": kind, "mode": mode, "uid": self._uids[owner], "gid": self._gids[group]}


def texts(state: dict[str, Any], paths: Sequence[str]) -> dict[str, bytes]:
    """Return the bytes of the state's files at or below the paths."""
    return {
        node["path"]: base64.b64decode(node["data"])
        for node in state["nodes"]
        if node["kind"] == "file" and any(node["path"] == path or node["path"].startswith(path + "/") for path in paths)
    }
