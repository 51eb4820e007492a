"""The people, programs and rules that a ticket about sudo is about, and the tries that decide it."""

from __future__ import annotations

import random
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import PEOPLE, SERVICES, TEAMS, VERBS
from agentgym.environments.linux_config.state import StartingState

ROOTS = ("/etc/sudoers", "/etc/sudoers.d")
KEEP = (
    "Every other rule stays as it is, nobody gets more than is said here (no other programs, hosts, accounts to run "
    "them as, or tags such as SETENV), and no `Defaults` are changed or added. Sudo rules are all that is looked at: "
    "leave accounts, groups and programs alone."
)
HERE = "box"
SCRIPT = "#!/bin/sh\necho done\n"
POWERFUL = (
    ["/bin/sh", "-c", "id"],
    ["/bin/bash", "-c", "id"],
    ["/usr/bin/bash", "-c", "id"],
    ["/usr/bin/env", "id"],
    ["/usr/bin/id"],
    ["/usr/bin/python3", "-c", ""],
    ["/usr/bin/su", "-c", "id"],
    ["/usr/bin/tee", "/etc/shadow"],
    ["/usr/sbin/visudo", "-c"],
)


class Scene:
    """Operators, their programs, an administrator, and a colleague with a rule that must survive.

    Attributes:
        user: the operator the ticket is about.
        mate: another member of the operator's team.
        stranger: a user without any rule.
        team: the operator's group.
        programs: paths of three administrative programs.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.team = self.state.group(rng.choice(TEAMS))
        user, mate, stranger, self._boss, self._kept = rng.sample(PEOPLE, 5)
        self.user = self.state.user(user, self.team)
        self.mate = self.state.user(mate, self.team)
        self.stranger = self.state.user(stranger)
        self.state.user(self._boss, "sudo")
        self.state.user(self._kept)
        self.service = rng.choice(SERVICES)
        self.programs = [f"/usr/local/sbin/{verb}-{self.service}" for verb in rng.sample(VERBS, 3)]
        for path in self.programs:
            self.state.file(path, SCRIPT, 0o755)
        self._more: list[str] = []
        self._tries: list[dict[str, Any]] = []
        self._expected: list[dict[str, Any]] = []
        self._programs = list(self.programs)
        self._stays: list[dict[str, Any]] = []
        self.drop_in(f"50-{self._kept}", f"{self._kept} ALL=(root) {self.programs[2]}")

    def drop_in(self, name: str, *lines: str, mode: int = 0o440) -> str:
        """Add a file of rules and return its path."""
        return self.state.file(f"/etc/sudoers.d/{name}", "\n".join(lines) + "\n", mode)

    def vendor(self, name: str, *lines: str) -> str:
        """Add a file of rules that belongs to a package and must stay; return its path."""
        head = (f"# {name} is installed by a package and replaced", "# whenever it is upgraded. Do not edit.")
        path = self.drop_in(name, *head, *lines)
        text = "\n".join((*head, *lines)) + "\n"
        self._stays.append({"path": path, "mode": 0o440, "uid": 0, "gid": 0, "text": text})
        return path

    def program(self, path: str) -> str:
        """Add a program beside the three of the service and return its path."""
        self._programs.append(path)
        return self.state.file(path, SCRIPT, 0o755)

    def people(self, count: int, *groups: str) -> list[str]:
        """Add some more users and return their names."""
        taken = {self.user, self.mate, self.stranger, self._boss, self._kept, *self._more}
        names = self.rng.sample([name for name in PEOPLE if name not in taken], count)
        self._more += names
        return [self.state.user(name, *groups) for name in names]

    def free(self, user: str, *argv: str, runas: str = "root", host: str = HERE, goal: bool = False) -> None:
        """In the end the user must be able to run this without a password; a goal if that is not so at first."""
        self._try(user, argv, runas, host, "free", goal)

    def password(self, user: str, *argv: str, runas: str = "root", host: str = HERE, goal: bool = False) -> None:
        """In the end the user must be able to run this, and be asked for a password."""
        self._try(user, argv, runas, host, "password", goal)

    def denied(self, user: str, *argv: str, runas: str = "root", host: str = HERE, goal: bool = False) -> None:
        """In the end the user must be refused this, password or not."""
        self._try(user, argv, runas, host, "denied", goal)

    def powerless(self, user: str) -> None:
        """In the end the user must not be able to become root by ordinary programs."""
        for argv in POWERFUL:
            self.denied(user, *argv)

    def draft(self, prompt: str, *gold: str, mends_syntax: bool = False) -> Draft:
        """Return the task, with the tries that every ticket of this family has.

        Args:
            prompt: the ticket.
            gold: commands that do what it asks.
            mends_syntax: at first `visudo -c` refuses the rules.
        """
        self.powerless(self.user)
        self.powerless(self.mate)
        self.denied(self.stranger, self.programs[0])
        self.denied(self.stranger, self.programs[1])
        self.password(self._boss, self.programs[0])
        self.password(self._kept, self.programs[2])
        self.denied(self._kept, self.programs[0])
        self.free("root", self.programs[1])
        # Programs that no box of the policy's has: rules that allow all but what can be seen there allow these.
        folders = ("/usr/local/sbin", "/usr/bin", f"/{self.rng.randbytes(4).hex()}/{self.rng.randbytes(4).hex()}")
        unseen = [f"{folder}/{self.rng.randbytes(4).hex()}" for folder in folders]
        for user in (self.user, self.mate):
            for path in unseen:
                self.denied(user, path)
        for user in (self.stranger, self._kept):
            self.denied(user, *POWERFUL[0])
            self.denied(user, unseen[-1])
        probe = {"tries": self._tries, "commands": [*self._programs, *unseen]}
        plan = {
            "probe": probe,
            "expected": self._expected,
            "mends_syntax": mends_syntax,
            "stays": self._stays,
            "allowed": self._allowed(),
            "uids": {name: self.state.uid(name) for name in self._runas()},
        }
        return Draft(f"{prompt} {KEEP}", self.state, gold, plan, ROOTS)

    def _allowed(self) -> dict[str, list[list[str]]]:
        """Return for each of the ticket's people and their group what the tries let them have: host, account, command.

        The operators of the team share theirs: that each has what is right among them the tries tell.
        """
        team = (self.user, self.mate, f"%{self.team}")
        found: dict[str, list[list[str]]] = {name: [] for name in team}
        for attempt, expected in zip(self._tries, self._expected, strict=True):
            name, host = attempt["user"], attempt["host"]
            if expected["wanted"] != "denied" and name not in ("root", self._boss):
                for subject in team if name in team else (name,):
                    for where in (host, "ALL") if host == HERE else (host,):
                        found.setdefault(subject, []).append([where, attempt["runas"], " ".join(attempt["argv"])])
        return found

    def _runas(self) -> list[str]:
        return sorted({attempt["runas"] for attempt in self._tries})

    def _try(self, user: str, argv: tuple[str, ...], runas: str, host: str, wanted: str, goal: bool) -> None:
        self._tries.append({"user": user, "argv": list(argv), "runas": runas, "host": host})
        self._expected.append({"wanted": wanted, "goal": goal})
