"""The users and groups whose limits a ticket is about, and the limits that their sessions must have."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import PEOPLE, SERVICES, TEAMS
from agentgym.environments.linux_config.state import StartingState

ROOTS = ("/etc/security/limits.conf", "/etc/security/limits.d")
FOLDER = "/etc/security/limits.d"
KIB = 1024
FAR = "59999"
ASIDE = (
    "All other limits, and all other users' and root's, stay as they are, also those of users who are made later. "
    f"We look at {ROOTS[0]} and {FOLDER}, which only root may write, and open sessions afresh."
)
# What the kernel calls each item, the factor from its unit in limits.conf to the kernel's, and the values drawn.
ITEMS = {
    "nofile": ("Max open files", 1, range(1100, 4000)),
    "nproc": ("Max processes", 1, range(30, 110)),
    "memlock": ("Max locked memory", KIB, range(64, 4000)),
    "fsize": ("Max file size", KIB, range(10_000, 200_000)),
    "data": ("Max data size", KIB, range(200_000, 900_000)),
    "msgqueue": ("Max msgqueue size", 1, range(1000, 800_000)),
    "sigpending": ("Max pending signals", 1, range(100, 5000)),
}
WORDS = {
    "nofile": "open files",
    "nproc": "processes",
    "memlock": "KiB of locked memory",
    "fsize": "KiB as the size of a file",
    "data": "KiB of data",
    "msgqueue": "bytes of message queues",
    "sigpending": "pending signals",
}


class Scene:
    """A team of two, a guest of another team, two services with users; and the limits they must have.

    Attributes:
        person: a member of the team.
        mate: another member.
        guest: a user of the other team.
        service: a service and its user.
        other_service: likewise.
        team: a group.
        other_team: a group.
        config: the path of the service's file.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.team, self.other_team = (self.state.group(name) for name in rng.sample(TEAMS, 2))
        self.person, self.mate, self.guest = rng.sample(PEOPLE, 3)
        for name in (self.person, self.mate):
            self.state.user(name, self.team)
        self.state.user(self.guest, self.other_team)
        self.service, self.other_service, self.vendor = rng.sample(SERVICES, 3)
        for name in (self.service, self.other_service):
            self.state.user(name)
        self.config = f"{FOLDER}/{self.service}.conf"
        self._files: dict[str, str] = {}
        self._stays: list[str] = []
        self._later: dict[str, str] = {}
        users = (self.person, self.mate, self.guest, self.service, self.other_service, "root", "new", "far", "late")
        self._limits: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in users}

    def items(self, count: int) -> list[str]:
        """Return some items, in random order."""
        return self.rng.sample(list(ITEMS), count)

    def number(self, item: str, *others: int) -> int:
        """Return a value for an item that is none of the others."""
        while (number := self.rng.choice(ITEMS[item][2])) in others:
            pass
        return number

    def file(self, path: str, *lines: str, stays: bool = False) -> None:
        """There is a file with these lines, which may have to stay byte for byte."""
        self._files[path] = "".join(f"{line}\n" for line in lines)
        self.state.file(path, self._files[path])
        self._stays += [path] if stays else []

    def limit(
        self, users: Sequence[str], items: Mapping[str, int | tuple[int | None, int | None]], *, goal: bool = True
    ) -> None:
        """In the end users have these limits (soft and hard, or one for both); None is what they have in a fresh box.

        `new` is a user made in the end, as is `far`, who has a high number and the same limits; `late` one who is made
        as a member of the team; and `later` is the user for whom the limits change once more.
        """
        for user in (*users, *(["far"] if "new" in users else [])):
            for item, value in items.items():
                pair = value if isinstance(value, tuple) else (value, value)
                name, factor, _ = ITEMS[item]
                wanted = [None if each is None else str(each * factor) for each in pair]
                self._limits.setdefault(user, {})[name] = {"wanted": wanted, "goal": goal}

    def changes_later(self, line: str, user: str) -> None:
        """A line that comes after all others changes the user's limits, as which `later` is known."""
        self._later = {"line": line, "user": user}

    def draft(self, prompt: str, *gold: str) -> Draft:
        """Return the task."""
        made: dict[str, list[str]] = {"new": [], "far": ["-u", FAR], "late": ["-G", self.team]}
        plan = {
            "probe": {
                "later": self._later,
                "users": [user for user in self._limits if user not in (*made, "later")],
                "made": made,
            },
            "limits": self._limits,
            "domains": self._domains(),
            "stays": {path: self._files[path] for path in self._stays},
        }
        return Draft(f"{prompt} {ASIDE}", self.state, gold, plan, ROOTS)

    def _domains(self) -> dict[str, Any]:
        """Return who may have lines: those of the scene, and ranges of numbers where the ticket is about all."""
        users = (self.person, self.mate, self.guest, self.service, self.other_service)
        groups = (self.team, self.other_team, *users)
        return {
            "names": [*users, *(f"@{name}" for name in groups)],
            "users": [self.state.uid(name) for name in users],
            "groups": [self.state.gid(name) for name in groups],
            "far": int(FAR),
            "all": bool(self._limits["new"]),
        }
