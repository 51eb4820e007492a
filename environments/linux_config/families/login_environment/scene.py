"""The people whose sessions a ticket about the login environment is about, and what each session must have."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import NOUNS, PEOPLE, SERVICES, TEAMS
from agentgym.environments.linux_config.state import StartingState

SYSTEM = ("/etc/profile", "/etc/profile.d", "/etc/environment", "/etc/bash.bashrc", "/etc/skel", "/etc/login.defs")
# The session of somebody whom the kernel calls root.
ROOT = "root/as-root"
PLAIN_UMASK = {"file": "0644"}
ASIDE = (
    "Apart from this, sessions, root's and interactive ones too, stay as they are: they get no variables, aliases or "
    "functions that they lack now, no other limits, and search no other folders for programs, no session prints "
    "anything or leaves a file, new homes are as they are now, and no file that decides about sessions may be written "
    "by anybody but root (or, in a home, its owner). "
)


class Scene:
    """A team of two, a guest outside it, a service; and what their sessions must have in the end.

    Attributes:
        person: a member of the team.
        mate: another member.
        guest: a user outside the team.
        team: the group.
        service: the service.
        tools: the folder of the service's programs.
        variable: the name of a variable.
        site: the path of the site's own file in /etc/profile.d.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.team, self.other_team = (self.state.group(name) for name in rng.sample(TEAMS, 2))
        self.person, self.mate, self.guest = rng.sample(PEOPLE, 3)
        for name in (self.person, self.mate):
            self.state.user(name, self.team)
        self.state.user(self.guest, self.other_team)
        self.service, self.vendor = rng.sample(SERVICES, 2)
        self.tools = self.state.directory(f"/opt/{self.service}/bin")
        self.variable = f"{self.service.upper()}_{rng.choice(NOUNS).upper()}"
        self.site = f"/etc/profile.d/{self.service}.sh"
        self._checks: list[dict[str, Any]] = []
        self._stays: dict[str, str | None] = {}
        self._skeleton: dict[str, Any] = {}
        self.known: dict[str, list[str]] = {}

    def value(self) -> str:
        """Return a value for a variable, without blanks."""
        return f"{self.rng.choice(NOUNS)}-{self.rng.randrange(100, 10_000)}"

    def expect(self, session: str, facts: Mapping[str, Any], *, goal: bool = True) -> None:
        """In the end a session (`user/how`) has these facts; `goal` if it has them not at the start."""
        for fact, wanted in facts.items():
            self._checks.append({"session": session, "fact": fact, "wanted": wanted, "goal": goal})

    def stays(self, path: str, text: str | None = None) -> None:
        """A file must stay byte for byte: as it is in the pristine box, unless a text is given."""
        self._stays[path] = text

    def skeleton(self, **expected: Any) -> None:
        """What a new home must hold beside what it holds now."""
        self._skeleton = expected

    def draft(self, prompt: str, *gold: str, homes: Sequence[str] = (), variables: Sequence[str] = ()) -> Draft:
        """Return the task; sessions may have these variables beside the usual ones."""
        if not any(check["session"] == ROOT for check in self._checks):
            self.expect(ROOT, PLAIN_UMASK, goal=False)
        sessions = sorted({check["session"] for check in self._checks})
        roots = (*SYSTEM, *(f"/home/{name}" for name in homes))
        plan = {
            "probe": {"sessions": sessions, "dirs": [self.tools], "team": self.team},
            "checks": self._checks,
            "stays": self._stays,
            "skeleton": self._skeleton,
            "variables": list(variables),
            "homes": {f"/home/{name}": self.state.uid(name) for name in homes},
        }
        theirs = "Files in homes stay their owner's, who can read and write them. " if homes else ""
        looked_at = (
            f"{theirs}We look at {', '.join(roots)}, and open sessions afresh, also of users made after your work."
        )
        return Draft(f"{prompt} {ASIDE}{looked_at}", self.state, gold, plan, roots)
