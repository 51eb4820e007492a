"""The users, servers and settings that a ticket about sshd is about, and who must get in how in the end."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import PEOPLE, TEAMS
from agentgym.environments.linux_config.state import StartingState

CONFIG, DROP_INS = "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d"
ROOTS = (CONFIG, DROP_INS)
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
KEEP = (
    "Everything else about {it} stays as it is. {roots} {are} all that is looked at, and sshd is started afresh from "
    "there before we look. The files stay root's, and nobody but root may write to them."
)
IN, OUT, SHUT, NO_SHELL = "in", "refused", "nobody answers", "no shell"
FORWARDED, HELD = "forwarded", "not forwarded"


def server_text(*lines: str, folder: str = DROP_INS, tail: str = "") -> str:
    """Return the text of a server's main file with these lines among the usual ones, and a tail."""
    asks = "KbdInteractiveAuthentication"
    return "\n".join(
        (
            "# The server's configuration; see sshd_config(5).",
            f"Include {folder}/*.conf",
            "",
            *lines,
            *([] if any(line.startswith(asks) for line in lines) else [f"{asks} no"]),
            "",
            "UsePAM yes",
            "X11Forwarding no",
            "PrintMotd no",
            "AcceptEnv LANG LC_*",
            "Subsystem sftp /usr/lib/openssh/sftp-server",
            *tail.splitlines(),
            "",
        )
    )


class Scene:
    """One server or several, their users, and the logins that decide.

    Attributes:
        team: a group.
        member: a user of the team.
        mate: another user of the team.
        guest: a user outside the team, whom some tickets are about.
        other: a user whom nothing here concerns.
        newcomer: a user who joins the team before the logins are tried, and not before the work.
        may_change: the settings that a solution may change; all others must be as they were.
        may_change_of: likewise, for some users only.
        untouched: the numbers of servers whose settings must all stay.
        noise: settings that no ticket is about.
        programs: what may be started beside sshd's own.
        zones: by the number of the server, the networks that the ticket tells from all others.
        everywhere: the server listens on all addresses.
        listening: where it must listen in the end, if the ticket is about that, as `address:port`.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.state.directory("/run/sshd")
        self.state.command("sh", "-c", f"test -e {HOST_KEY} || ssh-keygen -q -t ed25519 -N '' -f {HOST_KEY}")
        self.team, self.other_team = (self.state.group(name) for name in rng.sample(TEAMS, 2))
        names = rng.sample(PEOPLE, 5)
        self.member = self.state.user(names[0], self.team)
        self.mate = self.state.user(names[1], self.team)
        self.guest = self.state.user(names[2])
        self.other = self.state.user(names[3], self.other_team)
        self.newcomer = self.state.user(names[4])
        self.noise = (f"LoginGraceTime {rng.randrange(30, 120)}", f"ClientAliveInterval {rng.randrange(60, 900)}")
        self.may_change: tuple[str, ...] = ()
        self.may_change_of: dict[str, tuple[str, ...]] = {}
        self.untouched: list[int] = []
        self.programs: list[str] = []
        self.zones: dict[str, list[str]] = {}
        self.everywhere = True
        self.listening: list[str] = []
        self._files: dict[str, str] = {}
        self._reference: dict[str, str] = {}
        self._packaged: list[str] = []
        self._servers: list[str] = []
        self._trials: list[dict[str, Any]] = []
        self._expected: list[dict[str, Any]] = []
        self._settings: list[dict[str, Any]] = []
        self._closed: list[dict[str, Any]] = []
        self._opened: list[dict[str, Any]] = []

    def server(self, text: str, *, path: str = CONFIG, meant: str = "") -> str:
        """Add a server by its main file; `meant` is what it was meant to say, where sshd cannot read what it says."""
        self.state.file(path, text)
        self._files[path] = text
        if meant:
            self._reference[path] = meant
        self._servers.append(path)
        self.state.directory(f"{path}.d")
        return path

    def drop_in(self, name: str, text: str, *, folder: str = DROP_INS, packaged: bool = False) -> str:
        """Add a file beside the main one; what a package owns must stay byte for byte."""
        path = self.state.file(f"{folder}/{name}", text)
        self._files[path] = text
        if packaged:
            self._packaged.append(path)
        return path

    def expects(
        self,
        do: str,
        user: str,
        result: str,
        *,
        new: bool = False,
        source: str = "127.0.0.1",
        to: str = "127.0.0.1",
        port: int = 22,
        server: int = 0,
        target: str = "",
    ) -> None:
        """In the end a trial must come out like this.

        Args:
            do: `key` and `password` log in, `sftp` looks around, `forward` reaches through the server, `port` connects.
            user: who tries it.
            result: what must come of it.
            new: it comes out otherwise before the work.
            source: the client's address.
            to: the server's address.
            port: the server's port.
            server: which of the servers' settings govern it.
            target: of a forward, as `address:port`; the server itself if empty.
        """
        trial = {"do": do, "user": user, "source": source, "to": to, "port": port, "server": server}
        self._trials.append(trial | {"target": target or f"{to}:{port}"})
        self._expected.append({"result": result, "new": new})

    def setting(self, name: str, value: str, *, user: str) -> None:
        """In the end sshd must say, and does not say yet, that this is the setting for a user."""
        self._settings.append({"spec": _spec(user), "name": name.lower(), "value": value})

    def closed(self, user: str, *what: str, source: str = "127.0.0.1", to: str = "127.0.0.1", server: int = 0) -> None:
        """In the end these settings must be off for a user, or all forwarding; now they are not."""
        spec = _spec(user) | {"source": source, "to": to, "server": server}
        self._closed.append({"spec": spec, "names": [name.lower() for name in what]})

    def opened(self, user: str, *targets: str, source: str, to: str, server: int) -> None:
        """In the end a user may be taken on to these targets only; now to others too."""
        spec = _spec(user) | {"source": source, "to": to, "server": server}
        self._opened.append({"spec": spec, "targets": list(targets)})

    def draft(self, prompt: str, *gold: str, roots: Sequence[str] = ROOTS) -> Draft:
        """Return the task."""
        fields = ("user", "source", "to", "port", "server")
        specs = [{field: trial[field] for field in fields} for trial in self._trials if trial["do"] != "port"]
        specs += [wanted["spec"] for wanted in (*self._settings, *self._closed, *self._opened)]
        unique = [spec for number, spec in enumerate(specs) if spec not in specs[:number]]
        closed = ["disableforwarding", *(name for wanted in self._closed for name in wanted["names"])]
        probe = {
            "servers": self._servers,
            "trials": self._trials,
            "specs": unique,
            "reference": self._files | self._reference,
            "users": sorted({spec["user"] for spec in unique}),
            "joins": {self.newcomer: self.team},
            "asked": sorted({*(wanted["name"] for wanted in self._settings), *closed, "listenaddress", "permitopen"}),
        }
        plan = {
            "probe": probe,
            "expected": self._expected,
            "settings": [wanted | {"spec": unique.index(wanted["spec"])} for wanted in self._settings],
            "closed": [wanted | {"spec": unique.index(wanted["spec"])} for wanted in self._closed],
            "opened": [wanted | {"spec": unique.index(wanted["spec"])} for wanted in self._opened],
            "people": [[self.member, self.mate, self.newcomer], [self.guest, self.other]],
            "zones": self.zones,
            "everywhere": self.everywhere and len(self._servers) == 1,
            "listening": self.listening,
            "unreadable": bool(self._reference),
            "may_change": [name.lower() for name in self.may_change],
            "may_change_of": {user: [name.lower() for name in names] for user, names in self.may_change_of.items()},
            "untouched": self.untouched,
            "programs": ["internal-sftp", "/usr/lib/openssh/sftp-server", *self.programs],
            "packaged": {path: self._files[path] for path in self._packaged},
        }
        several = len(self._servers) > 1
        keep = KEEP.format(
            it="these servers" if several else "the server",
            roots=" and ".join(roots),
            are="are" if len(roots) > 1 else "is",
        )
        return Draft(f"{prompt} {keep}", self.state, gold, plan, tuple(roots))


def _spec(user: str) -> dict[str, Any]:
    return {"user": user, "source": "127.0.0.1", "to": "127.0.0.1", "port": 22, "server": 0}
