"""Push to bare repositories as their users, and see which refs changed."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

GIT_S = 15.0
MAX_BYTES = 64 << 10
# What the repositories' refs were after the last push, which nothing but a push changes.
_known: dict[str, dict[str, str]] = {}


def before(plan: Mapping[str, Any]) -> None:
    """Nothing of the pristine box matters here."""


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of each configuration, and what came of each step of the plan."""
    settings = {path: _settings(plan, path) for path in plan["configs"]}
    return {"settings": settings, "steps": [ACTIONS[step["do"]](plan, step) for step in plan["steps"]]}


def _settings(plan: Mapping[str, Any], path: str) -> list[list[str]] | None:
    """Return the names and values in a file alone, as git reads them for a user; None if it cannot."""
    command = f"git config --file {shlex.quote(path)} --no-includes --list -z"
    status, said = _as(plan["reader"], command, "022")
    return None if status else [entry.split("\n", 1) for entry in said.split("\0") if entry]


def _push(plan: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    """Make commits as a user, push them, and say which refs of the repositories changed."""
    others = [step["repository"], *step.get("watch", ())]
    refs = [_known.get(repository) or _refs(plan, repository) for repository in others]
    _known.clear()
    lines = [f"umask {step['umask']}", "cd ~; [ -d work ] || git init -q work; cd work"]
    lines += ["git for-each-ref --format='delete %(refname)' | git update-ref --stdin"]
    lines += [f"git fetch -q {shlex.quote(step['repository'])} '+refs/*:refs/there/*'"]
    for made in step["make"]:
        lines.append(f"git checkout -q -f --detach refs/there/{made['base'].removeprefix('refs/')}")
        for commit in made["commits"]:
            lines += _commit(commit, plan["token"])
        if made.get("tag"):
            lines.append("git tag -f -a -m tag made >/dev/null")
        lines.append(f"git update-ref refs/made/{made['as']} {'made' if made.get('tag') else 'HEAD'}")
    force = "--force" if step["force"] else ""
    lines.append(f"echo ready; git push {force} {shlex.join([step['repository'], *step['push']])}")
    status, said = _as(step["user"], "\n".join(lines), step["umask"])
    changed = {}
    for name, then in zip(others, refs, strict=True):
        now = _known[name] = _refs(plan, name)
        where = "" if name == step["repository"] else f"{name} "
        for ref in sorted(then.keys() | now.keys()):
            if then.get(ref) != now.get(ref):
                changed[where + ref] = "gone" if ref not in now else "new" if ref not in then else "moved"
    return {"ready": "ready" in said, "refused": _refused(status), "changed": changed, "said": said[-300:]}


def _commit(commit: Mapping[str, Any], token: str) -> list[str]:
    lines = []
    for path, size in commit["files"].items():
        quoted = shlex.quote(path.replace("@token", token))
        lines.append(f'mkdir -p "$(dirname {quoted})"; head -c {int(size)} /dev/urandom > {quoted}')
    lines += [f"git rm -qf -- {shlex.quote(path.replace('@token', token))}" for path in commit.get("remove", ())]
    message = shlex.quote(commit["message"].replace("@token", token))
    return [*lines, "git add -A", f"git commit -q --allow-empty -m {message}"]


def _clone(plan: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    """Clone as a user, and say which branch that gives."""
    quoted = shlex.quote(step["repository"])
    lines = f"cd ~; rm -rf copy; git clone -q {quoted} copy && git -C copy symbolic-ref HEAD"
    status, said = _as(step["user"], lines, "022")
    found = re.search(r"(?m)^refs/heads/\S+$", said)
    return {"refused": _refused(status), "branch": found[0] if found else "", "said": said[-300:]}


def _refused(status: int | None) -> bool | None:
    """Tell whether a command was refused; None if it did not end in time, which is neither."""
    return None if status is None else status != 0


def _access(plan: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    """Say which of some files a user may write."""

    def may() -> list[str]:
        people.become(step["user"])
        return [path for path in step["paths"] if os.access(path, os.W_OK)]

    return {"writes": people.in_child(may)}


def _rewrite(plan: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    """Put another text into a regular file that there is."""
    with suppress(OSError):
        if stat.S_ISREG(os.lstat(step["path"]).st_mode):
            with open(os.open(step["path"], os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW), "w", encoding="utf-8") as file:
                file.write(step["text"])
            return {"written": True}
    return {"written": False}


def _refs(plan: Mapping[str, Any], repository: str) -> dict[str, str]:
    """Return the refs of a repository, as its first user sees them."""
    status, said = _as(plan["reader"], f"git ls-remote {shlex.quote(repository)}", "022")
    if status != 0:
        return {"unreadable": said[-200:]}
    rows = (line.split("\t") for line in said.splitlines())
    return {row[1]: row[0] for row in rows if len(row) == 2 and row[1] != "HEAD" and not row[1].endswith("^{}")}


def _as(user: str, script: str, umask: str) -> tuple[int | None, str]:
    env = {"PATH": "/usr/bin:/bin", "HOME": f"/home/{user}", "USER": user, "LOGNAME": user, "LANG": "C.UTF-8"}
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": user, f"GIT_{role}_EMAIL": f"{user}@localhost"}
    argv = ["/bin/sh", "-c", script]
    status, said = people.run(argv, timeout_s=GIT_S, user=user, env=env, cwd=f"/home/{user}", keep=MAX_BYTES)
    return status, said


ACTIONS = {"push": _push, "clone": _clone, "access": _access, "rewrite": _rewrite}
