"""The people and the folder that a ticket about permissions is about, and the trials that decide it."""

from __future__ import annotations

import random
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.permissions.acl import encode
from agentgym.environments.linux_config.names import NOUNS, PEOPLE, SERVICES, TEAMS
from agentgym.environments.linux_config.state import StartingState

ASIDE = "Change nothing else, and leave the accounts and the files' content alone."


class Scene:
    """One project folder with its team, and what must be possible and impossible in the end.

    Attributes:
        owner: a member of the team, to whom the files belong where nothing else is said.
        member: another member of the team.
        guest: a user outside the team whom some tickets are about.
        outsider: a user whom nothing here concerns.
        team: the group.
        root: the project folder.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.team = self.state.group(rng.choice(TEAMS))
        owner, member, guest, outsider = rng.sample(PEOPLE, 4)
        self.owner = self.state.user(owner, self.team)
        self.member = self.state.user(member, self.team)
        self.guest = self.state.user(guest)
        self.outsider = self.state.user(outsider)
        self.root = self.state.directory(f"/srv/{rng.choice(SERVICES)}")
        self._nouns = rng.sample(NOUNS, 8)
        self._more: list[str] = []
        self._steps: list[dict[str, str]] = []
        self._expected: list[dict[str, Any]] = []
        self._acls: dict[str, dict[str, str]] = {}
        self._fixed: list[str] = []
        self._modes: list[str] = []

    def noun(self) -> str:
        """Return a word not used before in this scene."""
        return self._nouns.pop()

    def document(self, folder: str, mode: int, *, owner: str | None = None, group: str | None = None) -> str:
        """Add a file to a folder, the owner's and the team's unless said otherwise; return its path."""
        name = self.noun()
        suffix = self.rng.choice(("txt", "csv", "md", "dat"))
        text = f"{name} {self.rng.randrange(10**6)}\n"
        path = f"{folder}/{name}.{suffix}"
        return self.state.file(path, text, mode, owner=owner or self.owner, group=group or self.team)

    def people(self, count: int, *groups: str) -> list[str]:
        """Add some more users, members of the groups, and return their names."""
        taken = {self.owner, self.member, self.guest, self.outsider, *self._more}
        names = self.rng.sample([name for name in PEOPLE if name not in taken], count)
        self._more += names
        return [self.state.user(name, *groups) for name in names]

    def teams(self, count: int) -> list[str]:
        """Return names of some more teams."""
        return self.rng.sample([name for name in TEAMS if name != self.team], count)

    def acl(self, path: str, access: str = "", default: str = "") -> None:
        """Give a path ACLs; a mask, or else the group's entry, must say what the group's bits of its mode say."""
        for entries, option in ((access, "--set"), (default, "-d --set")):
            if entries:
                self.state.command("setfacl", *option.split(), entries, path)
        self._acls[path] = {
            "acl": encode(access, self.state.uid, self.state.gid) if access else "",
            "default_acl": encode(default, self.state.uid, self.state.gid) if default else "",
        }

    def fixed(self, *paths: str) -> None:
        """These stay as they are, whatever of the ticket is done around them."""
        self._fixed += paths

    def keeps_mode(self, path: str) -> None:
        """This keeps its owner, group and mode, though its ACL entries may change."""
        self._modes.append(path)

    def can(self, user: str, *actions: str, path: str, umask: str = "022", goal: bool = False) -> None:
        """In the end the user must be able to do each of these; a goal if none of them can be done at first."""
        self._try(user, actions, path, umask, "ok", goal)

    def cannot(self, user: str, *actions: str, path: str, umask: str = "022", goal: bool = False) -> None:
        """In the end the user must be refused each of these; a goal if all of them can be done at first."""
        self._try(user, actions, path, umask, "denied", goal)

    def has_mode(self, path: str, mode: int, *, was: int | None = None) -> None:
        """In the end owner, member and outsider can do with the file what the mode says, and nothing else.

        Args:
            path: the file.
            mode: what they can do in the end.
            was: what they can do at first; the same if it is left out. The bits that differ are goals.
        """
        for user, shift in ((self.owner, 6), (self.member, 3), (self.outsider, 0)):
            for bit, action in ((4, "read"), (2, "write"), (1, "execute")):
                changes = was is not None and bool((mode ^ was) >> shift & bit)
                (self.can if mode >> shift & bit else self.cannot)(user, action, path=path, goal=changes)

    def draft(self, prompt: str, *gold: str) -> Draft:
        """Return the task: the ticket, the folder as it is, the trials, and what has to stay as it is."""
        words = " ".join(gold).split()
        trees = [path for command in gold if " -R " in command for path in command.split() if path[0] == "/"]
        nodes = self.state.below(self.root)
        named = [
            str(node["path"])
            for node in nodes
            if node["path"] not in self._fixed
            and (node["path"] in words or f"{node['path']}/".startswith(tuple(f"{tree}/" for tree in trees)))
        ]
        plain = {"acl": "", "default_acl": ""}
        plan: dict[str, Any] = {
            "probe": {"steps": self._steps},
            "expected": self._expected,
            "named": named,
            "stays": [node | self._acls.get(str(node["path"]), plain) for node in nodes if node["path"] not in named],
            "modes": [node for node in nodes if node["path"] in self._modes],
            "entries": self.state.ids_in(prompt),
        }
        return Draft(f"{prompt} {ASIDE}", self.state, gold, plan, (self.root,))

    def _try(self, user: str, actions: tuple[str, ...], path: str, umask: str, wanted: str, goal: bool) -> None:
        for action in actions:
            self._steps.append({"user": user, "do": action, "path": path, "umask": umask})
            self._expected.append({"wanted": wanted, "goal": goal})
