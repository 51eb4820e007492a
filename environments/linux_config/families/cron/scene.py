"""The people, programs and tables that a ticket about cron is about, and the jobs that there must be in the end."""

from __future__ import annotations

import random
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.cron.tables import ROOTS, SPOOL
from agentgym.environments.linux_config.names import PEOPLE, SERVICES, VERBS
from agentgym.environments.linux_config.state import StartingState

STAY = (
    "All other jobs stay as they are, root's with the settings of their tables too, and nobody gets another. Every "
    "table is a plain file in which cron finds no fault, and their folders keep owner and mode."
)
KEEP = f"{STAY} Cron's tables are all that is looked at."
NEWCOMER = "somebody-new"  # an account that the grading box alone has
SCRIPT = "#!/bin/sh\necho done\n"


class Scene:
    """Two users with programs of a service, and the jobs wanted.

    Attributes:
        user: whose jobs the ticket is about.
        other: a user whose crontab must survive.
        programs: paths of four programs.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.user, self.other = (self.state.user(name) for name in rng.sample(PEOPLE, 2))
        self.service = rng.choice(SERVICES)
        self.programs = [f"/opt/{self.service}/{verb}.sh" for verb in rng.sample(VERBS, 4)]
        for path in self.programs:
            self.state.file(path, SCRIPT, 0o755)
        self._users = [self.user, self.other]
        self._wanted: list[dict[str, Any]] = []
        self._turns: list[dict[str, Any]] = []
        self._may: dict[str, dict[str, bool]] = {}
        self._stays: list[dict[str, Any]] = []
        kept = f"{self.daily()} {self.programs[3]}"
        self.table(self.other, kept)
        self.wants(self.other, " ".join(kept.split()[:5]), self.programs[3])

    def daily(self) -> str:
        """Return a random time of the day as a cron expression."""
        return f"{self.rng.randrange(60)} {self.rng.randrange(24)} * * *"

    def table(self, user: str, *lines: str) -> str:
        """Give a user a crontab and return its path."""
        return self.state.file(f"{SPOOL}/{user}", "\n".join(lines) + "\n", 0o600, owner=user)

    def system_table(self, name: str, *lines: str, mode: int = 0o644) -> str:
        """Add a file to /etc/cron.d and return its path."""
        return self.state.file(f"/etc/cron.d/{name}", "\n".join(lines) + "\n", mode)

    def vendor(self, name: str, *lines: str) -> str:
        """Add a table to /etc/cron.d that belongs to a package and must stay; return its path."""
        text = [f"# {name} is installed by a package and replaced whenever it is upgraded. Do not edit.", *lines]
        path = self.system_table(name, *text)
        self._stays.append({"path": path, "mode": 0o644, "uid": 0, "gid": 0, "text": "\n".join(text) + "\n"})
        return path

    def people(self, count: int) -> list[str]:
        """Add some more users and return their names."""
        names = self.rng.sample([name for name in PEOPLE if name not in self._users], count)
        self._users += names
        return [self.state.user(name) for name in names]

    def wants(self, user: str, when: str, program: str, *arguments: str, goal: bool = False) -> None:
        """In the end the program must run as the user at these times, with these arguments, and at no others."""
        key = {"user": user, "program": program, "arguments": list(arguments)}
        self._wanted.append(key | {"when": when, "goal": goal})

    def takes_turn(self, user: str, program: str, *, minutes: int, end: int, after: tuple[str, str, int]) -> None:
        """In the end the program must run once a day, when another has had its time; at first it does not.

        Args:
            user: who runs it.
            program: its path.
            minutes: how long it takes.
            end: the minute after midnight at which it must have had its time.
            after: user, program and minutes of the one before it.
        """
        before = dict(zip(("user", "program", "minutes"), after, strict=True))
        self._turns.append({"user": user, "program": program, "minutes": minutes, "end": end, "after": before})

    def may_use_crontab(self, user: str, wanted: bool, *, goal: bool = False) -> None:
        """In the end the user, or `NEWCOMER`, may or may not run crontab(1)."""
        self._may[user] = {"wanted": wanted, "goal": goal}

    def draft(
        self, prompt: str, *gold: str, removes: bool = False, more: tuple[str, ...] = (), about: str = KEEP
    ) -> Draft:
        """Return the task.

        Args:
            prompt: the ticket.
            gold: commands that do what it asks.
            removes: the ticket asks that something is no longer started.
            more: paths that are carried beside the tables.
            about: the end of the ticket.
        """
        plan = {
            "probe": {"programs": self.programs, "askers": list(self._may)},
            "wanted": self._wanted,
            "removes": removes,
            "turns": self._turns,
            "may": self._may,
            "stays": self._stays,
            "users": {name: self.state.uid(name) for name in (*self._users, "root")},
            "windows": self._windows(),
        }
        return Draft(f"{prompt} {about}", self.state, gold, plan, (*ROOTS, *more))

    def _windows(self) -> list[str]:
        """Return where fortnights begin: together they hold every weekday and each of the days 1 to 28 of a month."""
        first, second, third = self.rng.sample(range(1, 13), 3)
        return [f"2027-{first:02}-01", f"2027-{second:02}-15", f"2028-{third:02}-{self.rng.randrange(1, 29):02}"]
