"""The network that a ticket about names is about, and the lookups that decide it."""

from __future__ import annotations

import random
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import NOUNS, SERVICES, TEAMS
from agentgym.environments.linux_config.state import StartingState, texts

FILES = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf")
TREE = "/srv/hosts"
# In a zone in place of an address: the nameserver fails, and the next one is asked.
FAILURE = "failure"
KEEP = (
    "Everything that the ticket does not name goes on resolving as it does today. Names are looked up afresh, as an "
    "ordinary user. Nothing but {files} is looked at; what is there stays root's to write and nobody else's."
)
MOUNTS = "They may be mounts here: write into them, do not replace them."
SWITCH = """\
passwd:         files
group:          files
shadow:         files
gshadow:        files

hosts:          {hosts}
networks:       files

protocols:      db files
services:       db files
ethers:         db files
rpc:            db files

netgroup:       nis
"""


class Scene:
    """A few machines with names in one domain.

    Attributes:
        domain: the domain.
        machines: the short names not used yet.
        other_sources: whether the ticket is about where hosts are looked up, so that their sources may change.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.state.user(rng.choice(NOUNS))
        teams = rng.sample(TEAMS, 4)
        self.domain = f"{teams[0]}.example"
        self.other_domains = [f"{team}.example" for team in teams[1:]]
        self.machines = rng.sample(SERVICES, 16)
        self._numbers = rng.sample(range(20, 250), 40)
        self._net = f"10.{rng.randrange(1, 255)}.{rng.randrange(1, 255)}"
        self._views: list[dict[str, Any]] = [{"name": "", "files": {}}]
        self._checks: list[list[dict[str, Any]]] = [[]]
        self._zones: dict[str, dict[str, str]] = {}
        self._quiet: dict[str, Any] | None = None
        self._stays: list[list[str]] = []
        self._resolver: dict[str, list[str]] = {}
        self.other_sources = False

    def machine(self) -> str:
        """Return a short name not used before."""
        return self.machines.pop()

    def address(self) -> str:
        """Return an address not used before."""
        return f"{self._net}.{self._numbers.pop()}"

    def entries(self, count: int) -> list[tuple[str, ...]]:
        """Return lines of a hosts file that must stay: an address, its full name, its short name."""
        lines: list[tuple[str, ...]] = []
        for _ in range(count):
            name, address = self.machine(), self.address()
            lines.append((address, f"{name}.{self.domain}", name))
            self.keeps("address", name, want=[address])
            self.keeps("reverse", address, want=f"{name}.{self.domain}")
        return lines

    def hosts(self, *lines: tuple[str, ...] | str, path: str = "/etc/hosts") -> str:
        """Lay out a hosts file with the lines below those for the machine itself; return its text."""
        gap = self.rng.choice((" ", "\t", "   "))
        own = ("127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback")
        text = "\n".join((*own, *(line if isinstance(line, str) else gap.join(line) for line in lines))) + "\n"
        self.state.file(path, text)
        return text

    def switch(self, hosts: str) -> None:
        """Lay out nsswitch.conf with these sources for hosts."""
        self.state.file("/etc/nsswitch.conf", SWITCH.format(hosts=hosts))

    def resolver(self, text: str) -> None:
        """Lay out resolv.conf."""
        self.state.file("/etc/resolv.conf", text)

    def nameserver(self, zone: dict[str, str]) -> str:
        """Have a nameserver answer from the zone when the work is judged; return its address."""
        address = f"127.{self.rng.randrange(1, 255)}.{self.rng.randrange(1, 255)}.53"
        self._zones[address] = zone
        return address

    def view(self, name: str) -> int:
        """Add a machine whose hosts file lies in the tree; return the number by which checks name it."""
        self._views.append({"name": name, "files": {"/etc/hosts": f"{TREE}/{name}/etc/hosts"}})
        self._checks.append([])
        return len(self._views) - 1

    def member(self, fleet: dict[str, str], machine: str, *lines: tuple[str, ...], about: str = "") -> int:
        """Lay out the hosts file of one machine of a fleet, with the others, a name of its own and more lines.

        What it says must stay, but for what it says about one machine. Returns the number of its view.
        """
        view = self.view(machine)
        places = {name: "127.0.1.1" if name == machine else address for name, address in fleet.items()}
        extra = self.machine()
        entries = [(address, f"{name}.{self.domain}", name) for name, address in places.items()]
        entries.append((self.address(), f"{extra}.{self.other_domains[0]}", extra))
        for address, full, name in entries:
            if name != about:
                self.keeps("address", name, want=[address], view=view)
                self.keeps("reverse", address, want=full, view=view)
        self.keeps("names", entries[-1][0], want=sorted(entries[-1][1:]), view=view)
        self.hosts(*self.rng.sample([*entries, *lines], len(entries) + len(lines)), path=f"{TREE}/{machine}/etc/hosts")
        return view

    def wants(self, what: str, *about: Any, want: Any, view: int = 0) -> None:
        """A lookup must answer this in the end, and does not now."""
        self._checks[view].append({"ask": [what, *about], "want": want, "goal": True})

    def keeps(self, what: str, *about: Any, want: Any, view: int = 0) -> None:
        """A lookup must answer this in the end, as it does now; None where there must be no answer."""
        self._checks[view].append({"ask": [what, *about], "want": want, "goal": False})

    def quiet(self, *names: str, is_goal: bool, server: str = "") -> None:
        """No nameserver, or not this one, may be asked for these names, or for anything if none are given."""
        self._quiet = {"names": list(names), "server": server, "goal": is_goal}

    def stays(self, path: str, text: str, *, where: str = "all") -> None:
        """A file must hold this byte for byte in the end: as all it says, at its `top`, or as a `piece`."""
        self._stays.append([path, text, where])

    def resolves(self, *servers: str, search: list[str]) -> None:
        """In the end these nameservers are asked, and short names completed in these domains."""
        self._resolver = {"nameserver": list(servers), "search": search}

    def draft(self, prompt: str, *gold: str, roots: tuple[str, ...] = FILES) -> Draft:
        """Return the task."""
        for view in range(len(self._views)):
            self.keeps("address", "localhost", want=["127.0.0.1"], view=view)
            self.keeps("address", f"TOKEN-none.{self.domain}", want=None, view=view)
        self.keeps("user", "root", want=0)
        self.keeps("group", "adm", want=4)
        views, checks = self._views, self._checks
        if len(views) > 1:
            views, checks = views[1:], checks[1:]
        probe = {
            "views": views,
            "questions": [[check["ask"] for check in its] for its in checks],
            "zones": self._zones,
        }
        plan: dict[str, Any] = {
            "probe": probe,
            "checks": checks,
            "quiet": self._quiet,
            "stays": self._stays,
            "laid": {path: data.decode() for path, data in texts(self.state.as_json(), list(roots)).items()},
            "resolver": self._resolver,
            "other_sources": self.other_sources,
        }
        keep = KEEP.format(files=", ".join(roots[:-1]) + f" and {roots[-1]}" if len(roots) > 1 else roots[0])
        return Draft(f"{prompt} {keep}{f' {MOUNTS}' if roots == FILES else ''}", self.state, gold, plan, roots)
