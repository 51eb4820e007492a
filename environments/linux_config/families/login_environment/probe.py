"""Open sessions as unprivileged users, and say what environment each of them has.

No session is ever root's: profiles are programs, and what the policy left in them runs as users of the ticket alone.
What they say is not believed: `sessions` looks from outside at a program that they were asked to run.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]
import sessions  # type: ignore[import-not-found,unused-ignore]

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "dumb"}
PRISTINE = ("/etc/profile", "/etc/bash.bashrc", "/etc/environment", "/etc/login.defs", "/etc/profile.d", "/etc/skel")
LOCAL = "/usr/local/bin"
MAX_BYTES = 64 << 10
TIMEOUT_S = 3.0
COMMANDS = {
    "login": ("/usr/bin/su", "-", "{user}", "-c", sessions.COMMAND),
    "sh-login": ("/usr/bin/su", "-s", "/bin/sh", "-", "{user}", "-c", sessions.COMMAND),
    "plain": ("/usr/bin/su", "{user}", "-c", sessions.COMMAND),
}


def before(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of the pristine box's profiles and skeleton."""
    return {path: text for top in PRISTINE for path, text in _texts(top).items()}


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each session of the plan has, and the home of a user made just now."""
    token, new, late = plan["token"], f"n{plan['token'][:10]}", f"l{plan['token'][:10]}"
    _make_user(new)
    _make_user(late, "-G", plan["team"])
    home = f"/home/{new}"
    seen: dict[str, Any] = {"home": _texts(home), "modes": _modes(home, new)}
    names = _programs(plan["dirs"], token)
    seen["sessions"] = {session: _session(session, {"new": new, "late": late}, names) for session in plan["sessions"]}
    return seen


def _make_user(name: str, *options: str) -> None:
    argv = ["/usr/sbin/useradd", "-m", "-s", "/bin/bash", *options, name]
    people.run(argv, timeout_s=TIMEOUT_S, env=ENV | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def _programs(folders: list[str], token: str) -> dict[str, str]:
    """Put two programs into each folder, one of which is in `LOCAL` too; return what is known of each by its name."""
    names = {f"l{token}": "local"}
    _write(f"{LOCAL}/l{token}", "#!/bin/sh\n", 0o755)
    for number, folder in enumerate(folders):
        for kind in ("only", "both"):
            name = f"{kind[0]}{token}{number}"
            names[name] = f"{kind}:{folder}"
            for place in (folder, LOCAL) if kind == "both" else (folder,):
                _write(f"{place}/{name}", "#!/bin/sh\n", 0o755)
    return names


def _write(path: str, text: str, mode: int) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def _session(session: str, made: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the environment, the mode of a new file, and the folders in which programs are found."""
    who, _, how = session.partition("/")
    user = made.get(who, who)
    argv = [user if word == "{user}" else word for word in COMMANDS[how]]
    seen: dict[str, Any] | None = sessions.look(argv, user, env=ENV, timeout_s=TIMEOUT_S, names=list(names))
    if seen is not None:
        seen["found"] = {names[name]: path and os.path.dirname(path) for name, path in seen["found"].items()}
    return seen


def _texts(top: str) -> dict[str, str]:
    """Return the text of the regular files at a path, or directly in it."""
    paths = [top] if not os.path.isdir(top) else [os.path.join(top, name) for name in sorted(os.listdir(top))]
    found = {}
    for path in paths[:100]:
        if os.path.isfile(path) and not os.path.islink(path):
            with open(path, "rb") as file:
                found[path] = file.read(MAX_BYTES).decode("utf-8", "replace")
    return found


def _modes(home: str, user: str) -> dict[str, str]:
    """Return the modes of what a home holds, with a `!` where the owner is another."""
    with suppress(OSError, KeyError):
        uid = pwd.getpwnam(user).pw_uid
        nodes = {name: os.lstat(os.path.join(home, name)) for name in sorted(os.listdir(home))[:100]}
        return {name: f"{node.st_mode & 0o7777:04o}{'' if node.st_uid == uid else '!'}" for name, node in nodes.items()}
    return {}
