"""Bare repositories, who pushes to them, and the pushes that decide."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import NOUNS, PEOPLE, SERVICES, TEAMS
from agentgym.environments.linux_config.state import StartingState

MAIN, OLD = "refs/heads/main", "refs/heads/old"
_MAKE = """\
set -e
umask 027
git init -q --bare --template= -b main {path}
git --git-dir={path} config core.sharedRepository {shared}
git --git-dir={path} fast-import --quiet <<'END'
{history}
END
mkdir -p {path}/hooks
chgrp -R {team} {path}
chmod -R g+rwX,o= {path}
find {path} -type d -exec chmod g+s {{}} +
chmod 2755 {path}/hooks
chmod 644 {path}/config {path}/HEAD
"""


def commit(message: str, *, files: Mapping[str, int] | None = None, remove: Sequence[str] = ()) -> dict[str, Any]:
    """Return a commit that a push makes: files by their sizes, and files that it removes."""
    return {"message": message, "files": dict(files or {"@token.txt": 40}), "remove": list(remove)}


class Scene:
    """A machine with bare repositories that a team pushes to.

    Attributes:
        team: the group of those who may push.
        lead: a user of it, who is also in `leads`.
        users: two more of it.
        outsider: a user who is not.
        repository: the first repository.
        safe: directories that may be named as safe for all users.
        free: what further settings may begin with, beside those about pushes and hooks.
    """

    def __init__(self, rng: random.Random, *, shared: str = "group", safe: str = "*", main: str = "main") -> None:
        self.rng = rng
        self.state = StartingState()
        self.team = self.state.group(f"{rng.choice(TEAMS)}-git")
        self.leads = self.state.group(f"{rng.choice(TEAMS)}-leads")
        lead, first, second, outsider = rng.sample(PEOPLE, 4)
        self.lead = self.state.user(lead, self.team, self.leads)
        self.users = (self.state.user(first, self.team), self.state.user(second, self.team))
        self.outsider = self.state.user(outsider)
        self._names = rng.sample(SERVICES, 4)
        self.state.directory("/srv/git")
        self.state.file("/etc/gitconfig", f"[safe]\n\tdirectory = {safe}\n")
        self._repositories: list[str] = []
        self._vendors: dict[str, str] = {}
        self._steps: list[dict[str, Any]] = []
        self._wanted: list[dict[str, Any]] = []
        self.safe: list[str] = []
        self.free: list[str] = []
        self.repository = self.make(shared=shared)

    def make(self, *, shared: str = "group", more: Sequence[str] = ()) -> str:
        """Make a repository with the branches `main`, `old` and some more, and return its path."""
        path = f"/srv/git/{self._names.pop()}.git"
        history = []
        for number, ref in enumerate((MAIN, OLD, *more)):
            for step in (1, 2, 3):
                message = f"{self.rng.choice(NOUNS)} {step}"
                text = f"{self.rng.randrange(10**9)}\n"
                history += [
                    f"commit {ref}",
                    f"committer import <import@localhost> {1_700_000_000 + 1000 * number + step} +0000",
                    f"data {len(message)}\n{message}",
                    f"M 100644 inline part{number}-{step}.txt",
                    f"data {len(text)}\n{text}",
                ]
        script = _MAKE.format(path=path, shared=shared, team=self.team, history="\n".join(history))
        self.state.command("sh", "-c", script)
        self._repositories.append(path)
        return path

    def shell(self, text: str) -> None:
        """Run a command when all else is there."""
        self.state.command("sh", "-c", text)

    def hook(self, name: str, text: str, *, path: str = "", mode: str = "755", stays: bool = False) -> str:
        """Add a hook to a repository and return its path."""
        where = f"{path or f'{self.repository}/hooks'}/{name}"
        end = text.rstrip("\n")
        self.shell(f"mkdir -p {where.rpartition('/')[0]}; cat > {where} <<'END'\n{end}\nEND\nchmod {mode} {where}")
        if stays:
            self._vendors[where] = end + "\n"
        return where

    def stays(self, path: str, text: str) -> None:
        """A file's bytes must stay."""
        self._vendors[path] = text

    def push(
        self,
        name: str,
        *commits: dict[str, Any],
        to: str = MAIN,
        base: str = MAIN,
        user: str = "",
        refused: bool = False,
        goal: bool = False,
        also: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """Push new commits to a ref, and want that to be taken or refused.

        Args:
            name: of the component.
            commits: from the oldest to the newest.
            to: where they are pushed.
            base: what they are made on.
            user: who pushes; the first user unless another is named.
            refused: whether the push is refused, as a whole.
            goal: whether the ticket asks for this.
            also: further changes that must come of it.
            options: of the step: `force`, `repository`, `umask`, `watch`, `more` (further refs to push), `new`, `tag`.
        """
        new, more = options.pop("new", to not in (MAIN, OLD)), options.pop("more", [])
        made = {"base": base, "as": "a", "commits": list(commits), "tag": options.pop("tag", False)}
        change = {} if refused else {to: "new" if new else "moved", **(also or {})}
        refs = [f"refs/made/a:{to}", *more]
        self.step(name, refs, [made], change, user=user, refused=refused, goal=goal, **options)

    def delete(self, name: str, ref: str, *, refused: bool = False, goal: bool = False, **options: Any) -> None:
        """Delete a ref by a push, and want that to be taken or refused."""
        change = {} if refused else {ref: "gone", **options.pop("also", {})}
        self.step(name, [f":{ref}"], [], change, refused=refused, goal=goal, **options)

    def rewind(self, name: str, ref: str, *, refused: bool = False, goal: bool = False, **options: Any) -> None:
        """Force a branch back by a commit and on by another, and want that to be taken or refused."""
        made = {"base": f"{ref}~1", "as": "a", "commits": [commit(options.pop("message", "rewritten"))]}
        change = {} if refused else {ref: "moved"}
        self.step(name, [f"refs/made/a:{ref}"], [made], change, refused=refused, goal=goal, force=True, **options)

    def step(
        self, name: str, refs: list[str], make: list[Any], change: dict[str, str], *, goal: bool, **more: Any
    ) -> None:
        """Add a push and what must come of it."""
        refused, user = more.pop("refused"), more.pop("user", "") or self.users[0]
        step = {"repository": self.repository, "force": False, "umask": "022"} | more
        self._steps.append({"do": "push", "user": user, "make": make, "push": refs} | step)
        self._wanted.append(
            {"name": name, "goal": goal, "wanted": {"ready": True, "refused": refused, "changed": change}}
        )

    def rewrite(self, path: str, text: str) -> None:
        """Put another text into a file, as whoever manages it might."""
        self._steps.append({"do": "rewrite", "path": path, "text": text})
        self._wanted.append({"name": f"{path} is changed", "goal": False, "wanted": {"written": True}})

    def clone(self, name: str, wanted: dict[str, Any], *, user: str = "", goal: bool = False, path: str = "") -> None:
        """Clone, and want some of what comes of it to be so."""
        step = {"do": "clone", "user": user or self.users[0], "repository": path or self.repository}
        self._steps.append(step)
        self._wanted.append({"name": name, "goal": goal, "wanted": wanted})

    def draft(self, ticket: str, *gold: str, files: Sequence[str] = (), hooks: Sequence[str] = ()) -> Draft:
        """Return the task.

        Args:
            ticket: what is wrong, or wanted.
            gold: commands that do it.
            files: all that may be changed; each repository's configuration, HEAD and hooks unless others are named.
            hooks: hooks that must stay hooks.
        """
        usual = [f"{path}/{name}" for path in self._repositories for name in ("config", "HEAD", "hooks")]
        roots = (*usual, *files)
        rules = [path for path in (*roots, *self._vendors) if not path.endswith("/HEAD")]
        for user in (self.users[0], self.outsider):
            self._steps.append({"do": "access", "user": user, "paths": rules})
            self._wanted.append({"name": f"{user} writes no rules", "goal": False, "wanted": {"writes": []}})
        self.clone("outsiders read nothing", {"refused": True}, user=self.outsider)
        configs = [path for path in roots if path.endswith("config")]
        probe = {"steps": self._steps, "reader": self.lead, "configs": configs}
        settings = {
            "repositories": self._repositories,
            "included": [path for path in self._vendors if path.endswith(".conf")],
            "safe": self.safe,
            "free": self.free,
        }
        plan = {"probe": probe, "wanted": self._wanted, "vendors": self._vendors, "settings": settings}
        where = f"config, HEAD and hooks/ of {' and of '.join(self._repositories)}"
        more = "".join(f", and {path}" for path in files)
        rest = (
            f"Users push over the file system, as themselves: the group {self.team} may push"
            f" ({', '.join((self.lead, *self.users))}), nobody else may even read. Hooks run as whoever pushes. What "
            "the ticket does not forbid must go on working: new branches, several at a time, deletions, forced pushes "
            f"and tags, as far as they work today. All that may change is {where}{more}; only root may write "
            "configuration and hooks; no setting is added or changed that is not about pushes, hooks or what the "
            "ticket names, HEAD names main, and branches and commits stay as they are. Only these files are looked at, "
            "by pushing."
        )
        return Draft(f"{ticket}\n\n{rest}", self.state, gold, plan, roots)


def write(path: str, text: str, mode: str = "755") -> str:
    """Return the command that writes a hook."""
    end = text.rstrip("\n")
    return f"cat > {path} <<'END'\n{end}\nEND\nchmod {mode} {path}"
