"""The users, keys and servers that a ticket about keys is about, and who gets in where in the end."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.ssh_keys.ed25519 import Key, make_key
from agentgym.environments.linux_config.names import PEOPLE
from agentgym.environments.linux_config.state import StartingState

HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
KEYS = "/root/keys"
IN, OUT, UNKNOWN = "in", "refused", "unknown host key"
FORWARDED, HELD = "forwarded", "not forwarded"
SERVER = ("UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin no")
KEEP = (
    "Everything else stays as it is: other keys and their options, sshd's configuration, and what other users have. "
    "No key gets options that are not asked for. "
    "{owned}Only what lies in {roots} is looked at, and sshd is started afresh before that."
)
OWNED = "What is below {folder} must be {user}'s, and nobody else may write to it. "


class Only(NamedTuple):
    """What a restricted key is good for: a program, and from an address or from any."""

    command: str
    address: str = ""


class Scene:
    """Users with keys, and the servers that they log in to.

    Attributes:
        member: the user whom the ticket is about.
        other: a user with a key, whom nothing here concerns.
        stranger: a key that is nobody's here.
        other_key: the other user's key.
        roots: what is carried.
        said: whose the files must be, as the ticket says it.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.state.directory("/run/sshd")
        self.state.command("sh", "-c", f"test -e {HOST_KEY} || ssh-keygen -q -t ed25519 -N '' -f {HOST_KEY}")
        self.member, self.other, self.third = (self.state.user(name) for name in rng.sample(PEOPLE, 3))
        self._keys: list[Key] = []
        self.stranger = self.key("somebody@elsewhere")
        self.other_key = self.key(f"{self.other}@desk")
        self.roots: list[str] = ["/root/.ssh"]
        self._texts: dict[str, str] = {}
        self._files: dict[str, dict[str, Any]] = {}
        self._owned: dict[str, int] = {}
        self._servers: list[dict[str, Any]] = []
        self._trials: list[dict[str, Any]] = []
        self._expected: list[dict[str, Any]] = []
        self._hosts: dict[str, dict[str, list[str]]] = {}
        self._client: dict[str, Any] = {}
        self._hosts_before: dict[str, list[str]] = {}
        self.said = ""

    def key(self, comment: str) -> Key:
        """Return a new key pair, of which the grading box gets the private half."""
        self._keys.append(make_key(self.rng, comment))
        return self._keys[-1]

    def public(self, key: Key, name: str) -> str:
        """Put the public half of a key where the operator has it, and return the path."""
        return self.state.file(f"{KEYS}/{name}.pub", key.line + "\n")

    def owned(self, user: str, *, home: bool = False) -> str:
        """Carry a user's folder, in which everything must be the user's; return the path of `.ssh`."""
        folder = f"/home/{user}/.ssh"
        root = f"/home/{user}" if home else folder
        self.roots.append(root)
        self._owned[root] = self.state.uid(user)
        self.said += OWNED.format(folder=root, user=user)
        return folder

    def home(self, user: str, name: str, text: str, mode: int = 0o600) -> str:
        """Add a file to a user's `.ssh`, and return its path."""
        folder = self.state.directory(f"/home/{user}/.ssh", 0o700, owner=user, group=user)
        return self.file(f"{folder}/{name}", text, mode, owner=user)

    def file(self, path: str, text: str, mode: int = 0o644, *, owner: str = "root") -> str:
        """Add a file that must stay as it is unless something else is expected of it; return its path."""
        self._texts[path] = text
        return self.state.file(path, text, mode, owner=owner, group=owner)

    def authorized(self, user: str, *lines: str) -> str:
        """Give a user an authorized_keys file, and return its path."""
        return self.home(user, "authorized_keys", "".join(f"{line}\n" for line in lines))

    def holds(
        self, path: str, *keys: Key, kept: Sequence[str] = (), restricted: Mapping[Key, Only] | None = None
    ) -> None:
        """In the end a file must hold these keys and no others, some lines as they are, some keys restricted."""
        self._files[path] = {
            "was": self._texts.pop(path, ""),
            "keys": sorted(key.blob for key in keys),
            "kept": list(kept),
            "restricted": {key.blob: list(only) for key, only in (restricted or {}).items()},
        }

    def knows(self, path: str, hosts: Mapping[Key, Sequence[str]]) -> None:
        """In the end a known_hosts file must hold no keys but these, each for its hosts."""
        self._hosts_before[path] = [line.split()[2] for line in self._texts[path].splitlines()]
        self._hosts[path] = {key.blob: list(names) for key, names in hosts.items()}
        self.may_change(path)

    def may_change(self, path: str) -> None:
        """A file may change in any way: the trials decide."""
        self._texts.pop(path, None)
        self._files[path] = {}

    def server(self, *lines: str, address: str = "127.0.0.1", port: int = 22, key: Key | None = None) -> int:
        """Add a server with its host key, and return its number."""
        text = "\n".join((f"ListenAddress {address}:{port}", "PidFile none", *SERVER, *lines, ""))
        host_key = (key or self.key(f"root@{address}")).private
        self._servers.append({"address": address, "port": port, "text": text, "host_key": host_key})
        return len(self._servers) - 1

    def login(self, user: str, key: Key, result: str, *, new: bool = False, source: str = "", server: int = 0) -> None:
        """In the end somebody with the key must fare like this when logging in as the user."""
        self._expect("login", user, result, new, key=key.private, source=source or "127.0.0.1", server=server)

    def forward(self, user: str, key: Key, result: str, *, new: bool = False, source: str = "") -> None:
        """In the end a connection through the server must fare like this."""
        self._expect("forward", user, result, new, key=key.private, source=source or "127.0.0.1", server=0)

    def terminal(self, user: str, key: Key, result: str, *, new: bool = False, source: str = "") -> None:
        """In the end a request for a terminal must fare like this."""
        self._expect("terminal", user, result, new, key=key.private, source=source or "127.0.0.1", server=0)

    def ssh(self, user: str, result: str, *arguments: str, new: bool = False) -> None:
        """In the end the user's own `ssh` with these arguments must get there."""
        self._expect("ssh", user, result, new, arguments=list(arguments))

    def settings(self, user: str, host: str, result: str, *names: str, new: bool = False) -> None:
        """In the end these must be the settings of the user's own `ssh` for a host."""
        self._expect("settings", user, result, new, host=host, names=list(names))

    def client(self, user: str, config: str, may_change: Mapping[str, Sequence[str]]) -> None:
        """In the end the settings of a user's `ssh` are as they were; for some hosts some may differ."""
        self._client = {
            "user": user,
            "config": config,
            "was": self._texts.get(config, ""),
            "may_change": {host: list(names) for host, names in may_change.items()},
        }

    def draft(self, prompt: str, *gold: str) -> Draft:
        """Return the task."""
        if not self._servers:
            self.server()
        roots = tuple(self.roots)
        carried = {p: text for p, text in self._texts.items() if any(f"{p}/".startswith(f"{r}/") for r in roots)}
        plan: dict[str, Any] = {
            "probe": {"servers": self._servers, "trials": self._trials},
            "expected": self._expected,
            "files": self._files,
            "hosts": self._hosts,
            "hosts_before": self._hosts_before,
            "unchanged": carried,
            "owned": self._owned,
            "client": self._client,
        }
        keep = KEEP.format(owned=self.said, roots=", ".join(roots))
        return Draft(f"{prompt} {keep}", self.state, gold, plan, roots)

    def _expect(self, do: str, user: str, result: str, new: bool, **fields: Any) -> None:
        self._trials.append({"do": do, "user": user} | fields)
        self._expected.append({"result": result, "new": new})


def others_stay(scene: Scene) -> None:
    """Expect that nobody else's key gets in as the member, and that the other user's goes on working."""
    folder = f"/home/{scene.other}/.ssh"
    path = scene.authorized(scene.other, scene.other_key.line)
    scene.roots.append(folder)
    scene.holds(path, scene.other_key, kept=[scene.other_key.line])
    scene.login(scene.other, scene.other_key, IN)
    scene.login(scene.member, scene.other_key, OUT)
    scene.login(scene.member, scene.stranger, OUT)


def any_address(rng: random.Random) -> str:
    """Return an address of this machine."""
    return f"127.{rng.randrange(20, 250)}.{rng.randrange(250)}.{rng.randrange(2, 250)}"
