"""Ask sudo's own policy plugin whether a user may run a command, and run it as the plugin says.

A box sets no_new_privs, so the kernel does not give the program sudo root's rights when a plain user starts it. Nor is
the decision made there: sudo asks a plugin, through the interface that sudo_plugin(5) documents, and so does this
probe. The plugin is the pristine box's, reads the judged /etc/sudoers itself, checks owners and modes, and
authenticates by PAM.
"""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_int, c_uint, c_void_p
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

PLUGIN = "/usr/libexec/sudo/sudoers.so"
RULES = "/etc/sudoers"
INCLUDE_BY_HOST = re.compile(rb"[@#]include[^\n]*%")
CONTINUED = re.compile(rb"\\[ \t]*\r?\n")
MAX_BYTES = 1 << 20
PASSWORD = b"check"
PROMPTS = (1, 2)
API_VERSION = 1 << 16
TIMEOUT_S = 5.0

Strings = POINTER(c_char_p)
PRISTINE: list[Any] = []


class Policy(ctypes.Structure):
    """The head of `struct policy_plugin`, as far as it is used here."""

    _fields_ = (
        ("type", c_uint),
        ("version", c_uint),
        (
            "open",
            CFUNCTYPE(c_int, c_uint, c_void_p, c_void_p, Strings, Strings, Strings, Strings, POINTER(c_char_p)),
        ),
        ("close", CFUNCTYPE(None, c_int, c_int)),
        ("show_version", c_void_p),
        (
            "check_policy",
            CFUNCTYPE(
                c_int, c_int, Strings, Strings, POINTER(Strings), POINTER(Strings), POINTER(Strings), POINTER(c_char_p)
            ),
        ),
    )


class Question(ctypes.Structure):
    """`struct sudo_conv_message`."""

    _fields_ = (("type", c_int), ("timeout", c_int), ("text", c_char_p))


class Reply(ctypes.Structure):
    """`struct sudo_conv_reply`; the plugin frees the text."""

    _fields_ = (("text", c_void_p),)


def before(plan: Mapping[str, Any]) -> Any:
    """Return the pristine box's rules, of which the settings and those for others must stay."""
    PRISTINE.append(_spelled_out())
    return PRISTINE[0]


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `visudo` says, the rules spelled out, and what came of each try.

    A try is `free`, `password`, `denied` or `error`, with what the command said. It is None where rules cannot be read,
    or have settings of their own: some of these make the plugin load code, which root would run here.
    """
    for path in plan["commands"]:
        _stub(path, plan["token"])
    status, said = people.run(["/usr/sbin/visudo", "-c", "-s", "-f", RULES], timeout_s=TIMEOUT_S)
    rules = _spelled_out()
    tries: list[Any] = [None] * len(plan["tries"])
    if rules is not None and _only_rules() and _tame(rules):
        ctypes.CDLL(PLUGIN)  # once, for all the children
        tries = [people.in_child(lambda attempt=attempt: _attempt(attempt)) for attempt in plan["tries"]]
    for attempt, decision in zip(plan["tries"], tries, strict=True):
        if decision and decision["argv"] and attempt["argv"][0] in plan["commands"]:
            decision["output"] = _run_as(decision["uid"], decision["argv"])
    return {"visudo": status, "visudo_said": said[-400:], "rules": rules, "tries": tries}


def _spelled_out() -> Any:
    """Return the rules with the aliases resolved, or None if they cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        argv = ["/usr/bin/cvtsudoers", "-e", "-f", "json", "-o", f"{folder}/rules", RULES]
        status, _ = people.run(argv, timeout_s=TIMEOUT_S, env={"PATH": "/usr/bin:/bin"})
        if status != 0 or os.path.getsize(f"{folder}/rules") > MAX_BYTES:
            return None
        with open(f"{folder}/rules", encoding="utf-8", errors="replace") as file, suppress(ValueError):
            return json.load(file)
    return None


def _tame(rules: Mapping[str, Any]) -> bool:
    """Tell whether no setting is new, and no rule has an option that names something, as a folder for a new root."""
    parts = [part for spec in rules.get("User_Specs", ()) for part in spec["Cmnd_Specs"]]
    values = [value for part in parts for option in part.get("Options", ()) for value in option.values()]
    return _settings_of(rules) <= _settings_of(PRISTINE[0]) and all(isinstance(value, bool) for value in values)


def _settings_of(rules: Mapping[str, Any]) -> set[str]:
    """Return the settings; one that differs in what it is bound to is another."""
    return {
        json.dumps([{**entry, "Options": []}, option], sort_keys=True)
        for entry in rules.get("Defaults", ())
        for option in entry["Options"]
    }


def _only_rules() -> bool:
    """Tell whether there are no programs, and no files that are read on some hosts only, unseen by `cvtsudoers`."""
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(f"{RULES}.d") for name in names]
    for path in filter(os.path.isfile, [RULES, *paths]):
        with open(path, "rb") as file:
            content = file.read()
        if content.startswith(b"\x7fELF") or INCLUDE_BY_HOST.search(CONTINUED.sub(b"", content)):
            return False
    return True


def _stub(path: str, token: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\necho "{token} $*"\n')
    os.chmod(path, 0o755)


def _run_as(uid: int, argv: Sequence[str]) -> str:
    _, output = people.run(argv, timeout_s=TIMEOUT_S, user=pwd.getpwuid(uid).pw_name, env={"PATH": "/usr/bin:/bin"})
    return str(output.strip())


def _attempt(attempt: Mapping[str, Any]) -> dict[str, Any]:
    """Decide one try; run in a child of its own, since the plugin keeps state and may exit."""
    asked: list[int] = []
    answer, info, argv = _ask(attempt["user"], attempt["argv"], attempt["runas"], attempt["host"], asked)
    if answer != 1:
        return {"answer": "denied" if answer == 0 else "error", "argv": [], "uid": -1, "output": ""}
    facts = dict(line.split("=", 1) for line in info)
    argv = [facts["command"], *argv[1:]]
    return {"answer": "password" if asked else "free", "argv": argv, "uid": int(facts["runas_uid"]), "output": ""}


def _ask(user: str, argv: Sequence[str], runas: str, host: str, asked: list[int]) -> tuple[int, list[str], list[str]]:
    """Open the plugin as sudo does for this user on this host; return its answer, the command's facts and arguments."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    policy = Policy.in_dll(ctypes.CDLL(PLUGIN), "sudoers_policy")
    converse, say = _conversation(asked), CFUNCTYPE(c_int, c_int, c_char_p)(lambda kind, text: 0)
    # The plugin keeps pointers into these arrays.
    lists = [_strings(lines) for lines in (_settings(runas), _invoker(user, host), ["PATH=/usr/bin:/bin"], [], argv)]
    error = c_char_p()
    opened = policy.open(
        API_VERSION | policy.version & 0xFFFF,
        ctypes.cast(converse, c_void_p),
        ctypes.cast(say, c_void_p),
        *lists[:4],
        byref(error),
    )
    if opened != 1:
        return -1, [], []
    info, argv_out, environment = Strings(), Strings(), Strings()
    answer = policy.check_policy(
        len(argv), lists[4], None, byref(info), byref(argv_out), byref(environment), byref(error)
    )
    return answer, _texts(info), _texts(argv_out)


def _settings(runas: str) -> list[str]:
    return ["progname=sudo", "ignore_ticket=true", f"runas_user={runas}", f"plugin_path={PLUGIN}", "network_addrs="]


def _invoker(name: str, host: str) -> list[str]:
    entry = pwd.getpwnam(name)
    groups = ",".join(map(str, os.getgrouplist(name, entry.pw_gid)))
    ids = [f"uid={entry.pw_uid}", "euid=0", f"gid={entry.pw_gid}", "egid=0", f"groups={groups}"]
    process = [
        f"pid={os.getpid()}",
        f"ppid={os.getppid()}",
        "umask=022",
        "cwd=/",
        f"host={host}",
        "lines=24",
        "cols=80",
    ]
    return [f"user={name}", *ids, *process]


def _conversation(asked: list[int]) -> Any:
    """Return the callback that types the password, and notes that it was asked for one."""
    libc = ctypes.CDLL(None)
    libc.strdup.restype = c_void_p

    def converse(count: int, questions: Any, replies: Any, callback: Any) -> int:
        for number in range(count):
            if questions[number].type & 0xFF in PROMPTS:
                asked.append(number)
                replies[number].text = libc.strdup(PASSWORD)
        return 0

    return CFUNCTYPE(c_int, c_int, POINTER(Question), POINTER(Reply), c_void_p)(converse)


def _strings(lines: Sequence[str]) -> Any:
    return (c_char_p * (len(lines) + 1))(*(line.encode() for line in lines), None)


def _texts(array: Any) -> list[str]:
    texts: list[str] = []
    while array and array[len(texts)] is not None:
        texts.append(array[len(texts)].decode("utf-8", "replace"))
    return texts
