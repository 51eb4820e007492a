"""The accounts and groups that a ticket is about, and the facts that must hold of them in the end."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import PEOPLE, SERVICES, TEAMS
from agentgym.environments.linux_config.state import StartingState

ROOTS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow")
ASIDE = (
    "All other accounts and groups stay as they are, to the letter. `pwck -r` and `grpck -r` must not find anything "
    "that they do not find now."
)
BASH, NOLOGIN, FALSE = "/bin/bash", "/usr/sbin/nologin", "/bin/false"
# Passwords that the starting state's accounts have, and their SHA-256 crypts.
WORDS = {
    "check": "$5$checksalt$v3/HZJoj0v74ZcQtsI9yyMBz.3q3oAuegtvwV.1wHs.",
    "amber": "$5$ambersalt$hWHlCiC6qlzQpgNnjKVjfviKOq0yH5DUEcxvgE2xjN6",
    "copper": "$5$coppersalt$OM8/8AMHrbR9YAmoVQhrcVWKpSTyLleLykFleS0rsH0",
    "violet": "$5$violetsalt$QzFa1oOgb6cmQm7/VDEl96.cnu1fjZ8zpgWVQEpjUe.",
    "walnut": "$5$walnutsalt$TeZHiKWy5KZAtzJyzHZq7.TJhm6K.A3jWusRIY1ZurB",
    "saddle": "$5$saddlesalt$zhn94JupxoFefHc/EJW2LmQCscBKbrntNum9sGl2DSC",
}
OPEN = {"auth": True, "account": "open", "login": True}
REWRITE = """\
import json, sys
for path, lines in json.loads(sys.argv[1]).items():
    names = {line.split(":")[0] for line in lines}
    with open(path) as file:
        kept = [line for line in file.read().splitlines() if line.split(":")[0] not in names]
    with open(path, "w") as file:
        file.write("".join(f"{line}\\n" for line in kept + lines))
"""


@dataclass(frozen=True)
class Account:
    """An account as it is in /etc/passwd and /etc/shadow; numbers are decimal text, as there."""

    name: str
    uid: str
    gid: str
    gecos: str
    home: str
    password: str
    word: str
    shell: str = BASH
    changed: str = "20000"
    min: str = "0"
    max: str = "99999"
    warn: str = "7"
    inactive: str = ""
    expire: str = ""

    def lines(self) -> tuple[str, str]:
        """Return the account's lines in /etc/passwd and /etc/shadow."""
        ageing = f"{self.changed}:{self.min}:{self.max}:{self.warn}:{self.inactive}:{self.expire}:"
        passwd = f"{self.name}:x:{self.uid}:{self.gid}:{self.gecos}:{self.home}:{self.shell}"
        return passwd, f"{self.name}:{self.password}:{ageing}"

    def facts(self, groups: Sequence[str]) -> dict[str, Any]:
        """Return what is true of the account as it is."""
        facts = {key: value for key, value in asdict(self).items() if key != "word"}
        return facts | {"x": "x", "groups": sorted(groups), "empty": False, **OPEN}


class Scene:
    """Four people, their team, a second team, a service; and what must be true of whom in the end.

    Attributes:
        person: whom the ticket is about.
        mate: of the same team.
        third: of the same team.
        bystander: of no team; a member of the second team.
        team: a group.
        other_team: a group.
        service: the name of a service that has no account unless the ticket makes one.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.team, self.other_team = (self.state.group(name) for name in rng.sample(TEAMS, 2))
        self.service, self.other_service = rng.sample(SERVICES, 2)
        self.accounts: dict[str, Account] = {}
        self.members: dict[str, list[str]] = {self.team: [], self.other_team: []}
        people = rng.sample(PEOPLE, 4)
        self.person, self.mate, self.third, self.bystander = people
        words = rng.sample(sorted(WORDS), 4)
        for name, word in zip(people, words, strict=True):
            self.add(name, word, *([self.other_team] if name == self.bystander else [self.team]))
        self._wanted: dict[str, dict[str, Any]] = {}
        self._free: dict[str, tuple[str, ...]] = {}
        self._groups: dict[str, dict[str, Any]] = {}
        self._extra: dict[str, Any] = {"unlock": {}, "makes_user": False}
        self.judged: dict[str, Any] = {"trees": {}, "new": None, "unlock": []}
        self.new: list[str] = []

    def add(self, name: str, word: str, *groups: str) -> None:
        """Add an account with a group of its own and a password."""
        self.state.user(name)
        number = str(self.state.uid(name))
        full = f"{name.capitalize()},{self.rng.randrange(100, 999)},,"
        self.accounts[name] = Account(name, number, number, full, f"/home/{name}", WORDS[word], word)
        self.members[name] = []
        for group in groups:
            self.members[group].append(name)

    def change(self, name: str, **fields: str) -> None:
        """In the starting state the account has these fields."""
        self.accounts[name] = replace(self.accounts[name], **fields)

    def wants(self, name: str, *free: str, **facts: Any) -> None:
        """In the end these facts must be true of the account, those named alone are free, all others stay."""
        self._wanted.setdefault(name, {}).update(facts)
        self._free[name] = (*self._free.get(name, ()), *free)

    def wants_group(self, name: str, **facts: Any) -> None:
        """In the end these facts must be true of the group; all others stay."""
        self._groups.setdefault(name, {}).update(facts)

    def groups_of(self, name: str) -> list[str]:
        """Return the groups that an account is in at the start."""
        numbers = {str(self.state.gid(group)): group for group in self.members}
        primary = numbers[self.accounts[name].gid]
        return sorted({primary, *(group for group, members in self.members.items() if name in members)})

    def unlocks(self, name: str) -> None:
        """In the end `usermod -U` must bring the old password back."""
        self._extra["unlock"][name] = self.accounts[name].word
        self.judged["unlock"].append(name)

    def makes_user(self, settings: Mapping[str, Sequence[str]], **facts: Any) -> None:
        """A user whom the probe makes has these facts.

        Args:
            settings: of login.defs and useradd that may change, with their possible values if not all are.
            facts: of the user.
        """
        self.judged["settings"] = settings
        self._extra["makes_user"] = True
        self.judged["new"] = facts

    def tree(self, folder: str, **expected: Any) -> None:
        """There are account files of another host in a folder, of which this is expected."""
        self.judged["trees"][folder] = expected

    def draft(self, prompt: str, *gold: str, roots: Sequence[str] = ROOTS, aside: str = ASIDE) -> Draft:
        """Return the task."""
        lines = self._lines()
        self.state.command("/usr/bin/python3", "-I", "-S", "-c", REWRITE, json.dumps(lines))
        users = [*self.accounts, *self.new]
        words = {name: account.word for name, account in self.accounts.items()}
        asked = [{"name": name, "word": words.get(name, "check")} for name in users]
        plan = {
            "probe": {"users": asked, "groups": sorted(self._groups), **self._extra},
            "lines": lines,
            "accounts": {name: self._expected(name) for name in self._wanted},
            "groups": {name: self._group(name) for name in self._groups},
            **self.judged,
        }
        looked_at = f"We look at {', '.join(roots)}; home directories are not our concern."
        return Draft(f"{prompt} {aside} {looked_at}", self.state, gold, plan, tuple(roots))

    def _lines(self) -> dict[str, list[str]]:
        accounts = [account.lines() for account in self.accounts.values()]
        groups = [(name, self.state.gid(name), ",".join(members)) for name, members in self.members.items()]
        return {
            "/etc/passwd": [line for line, _ in accounts],
            "/etc/shadow": [line for _, line in accounts],
            "/etc/group": [f"{name}:x:{gid}:{members}" for name, gid, members in groups],
            "/etc/gshadow": [f"{name}:!::{members}" for name, _, members in groups],
        }

    def _expected(self, name: str) -> Mapping[str, Any]:
        wanted = self._wanted[name]
        before = self.accounts[name].facts(self.groups_of(name)) if name in self.accounts else {}
        changed = {*wanted, *self._free[name]}
        stays = {fact: value for fact, value in before.items() if fact not in changed}
        return {"goals": wanted, "stays": stays}

    def _group(self, name: str) -> Mapping[str, Any]:
        wanted, before = self._groups[name], {}
        if name in self.members:
            before = {"gid": str(self.state.gid(name)), "members": sorted(self.members[name])}
            before["password"] = ["x", "!", ""]
        return {"goals": wanted, "stays": {fact: value for fact, value in before.items() if fact not in wanted}}
