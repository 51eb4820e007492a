"""Ask the system about accounts and groups, and try to log in to them by PAM and by `su`."""

from __future__ import annotations

import ctypes
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

FILES = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow")
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
MAX_BYTES = 64 << 10
TIMEOUT_S = 10.0
# sshd's PAM service asks for the password even if root calls it.
SERVICE = b"sshd"
ECHO_OFF, FAIL_DELAY = 1, 10
# Debian's stack turns every reason why pam_unix shuts an account into a refusal.
ACCOUNT_WORDS = {0: "open", 7: "closed", 12: "password must be changed", 13: "closed"}


class Message(ctypes.Structure):
    """What a PAM module says or asks."""

    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class Response(ctypes.Structure):
    """What PAM is answered; PAM frees it."""

    _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]


TALK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_int,
    ctypes.POINTER(ctypes.POINTER(Message)),
    ctypes.POINTER(ctypes.POINTER(Response)),
    ctypes.c_void_p,
)
DELAY = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p)


class Conversation(ctypes.Structure):
    """How PAM talks to this program."""

    _fields_ = [("talk", TALK), ("data", ctypes.c_void_p)]


def before(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the account files of the pristine box, and what is to be complained about in them."""
    return {"lines": {path: _lines(path) for path in FILES}, "complaints": _complaints(), "settings": _settings()}


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts about the plan's users and groups, complaints, metadata, and a user made just now."""
    seen = {
        "users": {user["name"]: _user(user["name"], user["word"], plan["token"]) for user in plan["users"]},
        "groups": {name: _group(name) for name in plan["groups"]},
        "complaints": _complaints(),
        "settings": _settings(),
        "modes": {path: _mode(path) for path in FILES},
        "today": int(time.time() // 86_400),
    }
    seen["unlocked"] = {name: _unlock(name, word) for name, word in plan["unlock"].items()}
    seen["new"] = _new_user(f"u{plan['token'][:10]}") if plan["makes_user"] else None
    return seen


def _lines(path: str) -> list[str]:
    with suppress(OSError), open(path, "rb") as file:
        return file.read(MAX_BYTES).decode("utf-8", "replace").splitlines()
    return []


def _settings() -> list[tuple[str, str]]:
    """Return each setting of login.defs, and each of useradd as it takes them."""
    entries = (line.strip(" \t") for line in _lines("/etc/login.defs"))
    pairs = [(re.split("[ \t]+", f"{line} ", maxsplit=1)) for line in entries if line and line[0] != "#"]
    _, said = people.run(["/usr/sbin/useradd", "-D"], timeout_s=TIMEOUT_S, env=ENV)
    pairs += [[f"useradd {key}", value] for key, _, value in (line.partition("=") for line in said.splitlines())]
    return sorted((key, value.strip(' \t"')) for key, value in pairs)


def _mode(path: str) -> list[int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return [found.st_mode & 0o7777, found.st_uid, found.st_gid]


def _complaints() -> list[str]:
    """Return what pwck and grpck find; whether homes are there is left out, since no home is carried."""
    found = []
    for program in ("/usr/sbin/pwck", "/usr/sbin/grpck"):
        _, said = people.run([program, "-r"], timeout_s=TIMEOUT_S, env=ENV)
        found += [line for line in said.splitlines() if not line.endswith(("does not exist", "no changes"))]
    return found


def _ask(database: str, name: str) -> list[str] | None:
    """Return the fields of an entry, or None if there is none."""
    status, said = people.run(["/usr/bin/getent", database, name], timeout_s=TIMEOUT_S, env=ENV)
    return said.rstrip("\n").split(":") if status == 0 else None


def _user(name: str, word: str, token: str) -> dict[str, Any] | None:
    entry, shadow = _ask("passwd", name), _ask("shadow", name)
    if entry is None or len(entry) != 7:
        return None
    facts: dict[str, Any] = dict(zip(("name", "x", "uid", "gid", "gecos", "home", "shell"), entry, strict=True))
    if shadow is not None and len(shadow) == 9:
        keys = ("name", "password", "changed", "min", "max", "warn", "inactive", "expire", "flag")
        facts |= dict(zip(keys, shadow, strict=True))
    _, groups = people.run(["/usr/bin/id", "-nG", name], timeout_s=TIMEOUT_S, env=ENV)
    facts["groups"] = sorted(groups.split())
    facts["locked"] = str(facts.get("password", "")).startswith(("!", "*"))
    facts["auth"] = _authenticates(name, word) == 0
    facts["empty"] = _authenticates(name, "") == 0
    facts["account"] = people.in_child(lambda: _pam(name, word, "account"))
    facts["account"] = ACCOUNT_WORDS.get(facts["account"], f"PAM says {facts['account']}")
    argv = ["/usr/bin/su", "-", name, "-c", f"echo in-{token}-$(id -u)"]
    _, said = people.run(argv, timeout_s=TIMEOUT_S, env=ENV)
    facts["login"] = f"in-{token}-{facts['uid']}" in said.splitlines()
    return facts


def _group(name: str) -> dict[str, Any] | None:
    entry, shadow = _ask("group", name), _ask("gshadow", name)
    if entry is None or len(entry) != 4:
        return None
    members = sorted(filter(None, entry[3].split(",")))
    return {"gid": entry[2], "members": members, "password": [entry[1], *(shadow or [])[1:3]]}


def _unlock(name: str, word: str) -> bool:
    """Say whether the password is good again after `usermod -U`."""
    people.run(["/usr/sbin/usermod", "-U", name], timeout_s=TIMEOUT_S, env=ENV)
    return bool(_authenticates(name, word) == 0)


def _new_user(name: str) -> dict[str, Any]:
    """Make a user the plain way and return what became of it."""
    status, said = people.run(["/usr/sbin/useradd", "-m", name], timeout_s=TIMEOUT_S, env=ENV)
    facts = _user(name, "", name) or {}
    own = (_ask("group", name) or ["", "", ""])[2]
    mode = _mode(str(facts.get("home", "")))
    facts["mode"] = f"{mode[0]:04o}" if mode else "none"
    return facts | {"status": status, "said": said, "own_group": own == facts.get("gid")}


def _authenticates(name: str, word: str) -> Any:
    return people.in_child(lambda: _pam(name, word, "auth"))


def _pam(name: str, word: str, what: str) -> int:
    """Return PAM's answer to a login with a password, or to whether the account is open."""
    pam, libc = ctypes.CDLL("libpam.so.0"), ctypes.CDLL(None)
    libc.calloc.restype = libc.strdup.restype = ctypes.c_void_p

    def talk(count: int, messages: Any, answers: Any, data: Any) -> int:
        memory = libc.calloc(count, ctypes.sizeof(Response))
        replies = ctypes.cast(memory, ctypes.POINTER(Response))
        for number in range(count):
            if messages[number].contents.style == ECHO_OFF:
                replies[number].text = libc.strdup(word.encode())
        answers[0] = replies
        return 0

    def no_delay(status: int, microseconds: int, data: Any) -> None:
        return None

    conversation, delay, handle = Conversation(TALK(talk), None), DELAY(no_delay), ctypes.c_void_p()
    pam.pam_start(SERVICE, name.encode(), ctypes.byref(conversation), ctypes.byref(handle))
    pam.pam_set_item(handle, FAIL_DELAY, ctypes.cast(delay, ctypes.c_void_p))
    return int((pam.pam_authenticate if what == "auth" else pam.pam_acct_mgmt)(handle, 0))
