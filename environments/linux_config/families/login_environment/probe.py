"""Open sessions as unprivileged users, and say what environment each of them has.

No session is ever root's: profiles are programs, and what the policy left in them runs as ordinary users alone. In
place of root an ordinary user opens sessions in which the kernel answers, to whoever asks, that this is root.
What they say is not believed: `sessions` looks from outside at a program that they were asked to run.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]
import sessions  # type: ignore[import-not-found,unused-ignore]

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "dumb"}
PRISTINE = ("/etc/profile", "/etc/bash.bashrc", "/etc/environment", "/etc/login.defs", "/etc/profile.d", "/etc/skel")
LOCAL = "/usr/local/bin"
MAX_BYTES = 64 << 10
TIMEOUT_S = 3.0
# Has getuid, getgid, geteuid and getegid answer 0 from here on, by a filter of system calls, and becomes a shell.
# Where the kernel takes no filter, the session is an ordinary user's in this too.
AS_ROOT = """
import ctypes, os, platform, struct, sys
calls = {"x86_64": (102, 104, 107, 108), "aarch64": (174, 175, 176, 177)}.get(platform.machine(), ())
steps = [(0x20, 0, 0, 0)] + [(0x15, len(calls) - n, 0, call) for n, call in enumerate(calls)]
steps += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
filter = ctypes.create_string_buffer(struct.pack("H6xP", len(steps), ctypes.addressof(code)))
prctl = ctypes.CDLL(None).prctl
prctl(38, 1, 0, 0, 0)
prctl(22, 2, ctypes.c_void_p(ctypes.addressof(filter)), 0, 0)
os.environ.pop("LC_CTYPE", None)
os.execv(sys.argv[1], sys.argv[1:])
"""
PYTHON = ("/usr/bin/python3", "-I", "-S", "-c", AS_ROOT)
COMMANDS = {
    "login": ("/usr/bin/su", "-", "{user}", "-c", sessions.COMMAND),
    "sh-login": ("/usr/bin/su", "-s", "/bin/sh", "-", "{user}", "-c", sessions.COMMAND),
    "plain": ("/usr/bin/su", "{user}", "-c", sessions.COMMAND),
    "as-root": (*PYTHON, "/bin/bash", "-l", "-c", sessions.COMMAND),
}
# What a shell is asked for besides: these are seen in no other process.
ASKED = "builtin alias; builtin declare -F; builtin ulimit -a"
SHELLS = {
    "login": ("/usr/bin/su", "-", "{user}", "-c", ASKED),
    "interactive": ("/usr/bin/su", "{user}", "-c", f"/bin/bash -l -i -c '{ASKED}'"),
    "root's interactive": (*PYTHON, "/bin/bash", "-l", "-i", "-c", ASKED),
}
NO_TERMINAL = re.compile(r"^.*bash: (cannot set terminal process group|no job control in this shell).*\n?", re.M)
OPEN_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/home")
HISTORY = ".bash_history"
MAX_FILES = 5000


def before(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the text of the pristine box's profiles and skeleton, and what its shells say."""
    user = f"b{plan['token'][:10]}"
    _make_user(user)
    said = _shells(user, user)
    people.run(["/usr/sbin/userdel", "-r", user], timeout_s=TIMEOUT_S, env=ENV)
    return {"texts": {path: text for top in PRISTINE for path, text in _texts(top).items()}, "shells": said}


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each session of the plan has, what it left, and the home of a user made just now."""
    token = plan["token"]
    made = {who: f"{who[0]}{token[:10]}" for who in ("new", "late", "root")}
    for who, name in made.items():
        _make_user(name, *(("-G", plan["team"]) if who == "late" else ()))
    home = f"/home/{made['new']}"
    seen: dict[str, Any] = {"home": _texts(home), "modes": _modes(home, made["new"])}
    names = _programs(plan["dirs"], token)
    files = set(_open_files())
    seen["sessions"] = {session: _session(session, made, names) for session in plan["sessions"]}
    seen["shells"] = _shells(made["new"], made["root"])
    seen["left"] = sorted(set(_open_files()) - files)[:20]
    return seen


def _shells(user: str, root: str) -> dict[str, str]:
    """Return what each shell prints that is asked for its aliases, functions and limits."""
    said = {}
    for shell, argv in SHELLS.items():
        as_root = shell.startswith("root")
        status, output = people.run(
            [user if word == "{user}" else word for word in argv],
            timeout_s=TIMEOUT_S,
            user=root if as_root else None,
            env=_root_env(root) if as_root else ENV,
        )
        said[shell] = f"{NO_TERMINAL.sub('', output)}status {status}"
        people.end_processes(root if as_root else user)
    return said


def _root_env(stand_in: str) -> dict[str, str]:
    """Return what a login as root sets, with the home of the user who stands in for root."""
    return ENV | {"HOME": f"/home/{stand_in}", "USER": "root", "LOGNAME": "root", "SHELL": "/bin/bash"}


def _open_files() -> Iterator[str]:
    """Yield what there is in folders that sessions can write into."""
    paths = (
        os.path.join(folder, name)
        for top in OPEN_FOLDERS
        for folder, folders, names in os.walk(top)
        for name in folders + names
        if name != HISTORY
    )
    yield from islice(paths, MAX_FILES)


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
    """Return the environment, the mode of a new file, the folders in which programs are found, and whose it is."""
    who, _, how = session.partition("/")
    user, as_root = made.get(who, who), how == "as-root"
    argv: Sequence[str] = [user if word == "{user}" else word for word in COMMANDS[how]]
    env = _root_env(user) if as_root else ENV
    seen: dict[str, Any] | None = sessions.look(
        argv, user, env=env, timeout_s=TIMEOUT_S, names=list(names), become=as_root
    )
    if seen is not None:
        seen["found"] = {names[name]: path and os.path.dirname(path) for name, path in seen["found"].items()}
        seen["user"] = user
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
