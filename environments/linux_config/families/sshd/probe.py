"""Start the servers from their configuration, log in by key and by password, and ask sshd for its settings.

Every user's key is made here and is in the user's own home, so that nobody can have prepared for it. The clients run
with no configuration of their own.
"""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import daemons  # type: ignore[import-not-found,unused-ignore]
import people  # type: ignore[import-not-found,unused-ignore]

SSHD, SSH, SFTP, KEYGEN = "/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/sftp", "/usr/bin/ssh-keygen"
CLIENT, REFERENCE, ASKPASS = "/root/checker/client", "/root/checker/reference", "/root/checker/askpass"
PATHS = {"PATH": "/usr/bin:/bin", "HOME": "/root"}
OPTIONS = (
    *("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"),
    # The default takes three times as long, and which one is taken is not what is judged.
    *("-o", "KexAlgorithms=curve25519-sha256"),
)
BY_KEY = ("-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "PreferredAuthentications=publickey")
BY_PASSWORD = (
    *("-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1"),
    *("-o", "PreferredAuthentications=password,keyboard-interactive"),
)
TIMEOUT_S, READY_S, LOGINS_AT_ONCE, SETTINGS_BYTES, VALUE_CHARS = 10.0, 8.0, 4, 32_000, 600


def before(plan: Mapping[str, Any]) -> None:
    """Nothing of the pristine box matters here: what the servers said before the work is asked later."""


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what came of each trial, sshd's complaints, and what it says of its settings, now and by the reference."""
    _lay_out_reference(plan["reference"])
    for user, group in plan["joins"].items():
        people.run(["/usr/sbin/usermod", "-aG", group, user], timeout_s=TIMEOUT_S, env=PATHS)
    _add_users({spec["user"] for spec in plan["also"]})
    faults = [_check(path) for path in plan["servers"]]
    settings = [_compare(spec, plan["servers"][spec["server"]], plan["asked"]) for spec in plan["specs"]]
    with ThreadPoolExecutor(LOGINS_AT_ONCE) as pool:
        also = list(pool.map(lambda spec: _another(spec, plan), plan["also"]))
    results = _try_all(plan) if plan["start"] else []
    return {"faults": faults, "settings": settings, "also": also, "results": results}


def _add_users(names: set[str]) -> None:
    """Make those of the users whom there are none of, without a group of the box: others may come to have the name."""
    there = {entry.pw_name for entry in pwd.getpwall()}
    with open("/etc/passwd", "a", encoding="utf-8") as file:
        file.writelines(f"{name}:x:64999:65534::/nonexistent:/usr/sbin/nologin\n" for name in sorted(names - there))


def _another(spec: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    return {"spec": spec} | _compare(spec, plan["servers"][spec["server"]], plan["asked"])


def _lay_out_reference(files: Mapping[str, str]) -> None:
    """Write the servers' files as they were, and have them include one another there."""
    for path, text in files.items():
        os.makedirs(os.path.dirname(REFERENCE + path), exist_ok=True)
        with open(REFERENCE + path, "w", encoding="utf-8") as file:
            file.write(text.replace("Include /", f"Include {REFERENCE}/"))


def _check(path: str) -> str:
    status, said = people.run([SSHD, "-t", "-f", path], timeout_s=TIMEOUT_S, env=PATHS)
    return "" if status == 0 else said[:400] or f"status {status}"


def _compare(spec: Mapping[str, Any], path: str, asked: list[str]) -> dict[str, Any]:
    """Return which settings of a connection are not those of the reference, and those that are asked for."""
    now, then = _settings(spec, path), _settings(spec, REFERENCE + path)
    differ = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    return {"known": bool(then), "differ": differ, "said": {name: _value(now, name) for name in asked}}


def _value(settings: Mapping[str, str], name: str) -> str:
    value = settings.get(name, "nothing")
    return value if len(value) <= VALUE_CHARS else "too long"


def _settings(spec: Mapping[str, Any], path: str) -> dict[str, str]:
    """Return what sshd says are its settings for a connection; of those named more than once, all values."""
    connection = "user={user},host={source},addr={source},laddr={to},lport={port}".format(**spec)
    status, said = people.run(
        [SSHD, "-T", "-f", path, "-C", connection], timeout_s=TIMEOUT_S, env=PATHS, keep=SETTINGS_BYTES
    )
    found: dict[str, str] = {}
    for line in said.splitlines() if status == 0 else []:
        name, _, value = line.partition(" ")
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def _try_all(plan: Mapping[str, Any]) -> list[str]:
    _make_keys(plan["users"])
    with ExitStack() as stack:
        for path in plan["servers"]:
            service = stack.enter_context(daemons.running([SSHD, "-D", "-e", "-o", "LogLevel=INFO", "-f", path]))
            _wait(service)
        with ThreadPoolExecutor(LOGINS_AT_ONCE) as pool:
            return list(pool.map(lambda trial: DEEDS[trial["do"]](trial, plan["token"]), plan["trials"]))


def _wait(service: Any) -> None:
    """Wait until a server listens somewhere: where it does is for the trials to find out."""
    deadline = time.monotonic() + READY_S
    while service.running and "Server listening" not in service.said() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)


def _make_keys(users: list[str]) -> None:
    """Make one key for each user, and give root the users' password, which is `check`."""
    with open(ASKPASS, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\necho check\n")
    os.chmod(ASKPASS, 0o700)
    os.makedirs(CLIENT, mode=0o700)
    for user in users:
        people.run([KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", f"{CLIENT}/{user}"], timeout_s=TIMEOUT_S, env=PATHS)
        entry = pwd.getpwnam(user)
        folder = f"{entry.pw_dir}/.ssh"
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(f"{CLIENT}/{user}.pub", encoding="utf-8") as key, open(f"{folder}/authorized_keys", "w") as file:
            file.write(key.read())
        for path in (folder, f"{folder}/authorized_keys"):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    people.run(["/usr/sbin/usermod", "-p", _a_hash(), "root"], timeout_s=TIMEOUT_S, env=PATHS)
    _no_delays()


def _no_delays() -> None:
    """Have a refused password be refused at once."""
    with open("/etc/pam.d/common-auth", encoding="utf-8") as file:
        text = file.read()
    with open("/etc/pam.d/common-auth", "w", encoding="utf-8") as file:
        file.write(text.replace("pam_unix.so", "pam_unix.so nodelay"))


def _a_hash() -> str:
    with open("/etc/shadow", encoding="utf-8") as file:
        return next(line.split(":")[1] for line in file if line.split(":")[1].startswith("$"))


def _login(trial: Mapping[str, Any], options: tuple[str, ...], *command: str) -> str:
    address = ("-b", trial["source"], "-p", str(trial["port"]), "-i", f"{CLIENT}/{trial['user']}")
    env = PATHS | {"SSH_ASKPASS": ASKPASS, "SSH_ASKPASS_REQUIRE": "force"}
    argv = [SSH, *OPTIONS, *options, *address, f"{trial['user']}@{trial['to']}", *command]
    status, said = people.run(argv, timeout_s=TIMEOUT_S, env=env)
    return "no answer in time" if status is None else str(said)


def _shell(trial: Mapping[str, Any], token: str, options: tuple[str, ...]) -> str:
    said = _login(trial, options, f"echo {token} $(id -un)").strip()
    if said == f"{token} {trial['user']}":
        return "in"
    if "Connection refused" in said:
        return "nobody answers"
    if "Permission denied" in said or "Connection closed" in said or "Connection reset" in said:
        return "refused"
    return f"said: {said[:300]}"


def _by_key(trial: Mapping[str, Any], token: str) -> str:
    return _shell(trial, token, BY_KEY)


def _by_password(trial: Mapping[str, Any], token: str) -> str:
    return _shell(trial, token, BY_PASSWORD)


def _forward(trial: Mapping[str, Any], token: str) -> str:
    said = _login(trial, (*BY_KEY, "-W", trial["target"]))
    return "forwarded" if said.startswith("SSH-2.0") else "not forwarded"


def _sftp(trial: Mapping[str, Any], token: str) -> str:
    """Return where a user of sftp starts and what is there."""
    options = (*BY_KEY, "-o", f"BindAddress={trial['source']}", "-P", str(trial["port"]))
    argv = [SFTP, *OPTIONS, *options, "-i", f"{CLIENT}/{trial['user']}", "-b", "-", f"{trial['user']}@{trial['to']}"]
    _, said = people.run(argv, timeout_s=TIMEOUT_S, env=PATHS, stdin=b"pwd\nls -1\n")
    if "Remote working directory: " not in said:
        return "no sftp"
    return f"sftp at {' '.join(_answers(said))}"


def _answers(said: str) -> Iterator[str]:
    for line in said.splitlines():
        if not line.startswith("sftp>"):
            yield line.removeprefix("Remote working directory: ").strip()


def _port(trial: Mapping[str, Any], token: str) -> str:
    return "answers" if daemons.accepts((trial["to"], trial["port"])) else "nobody answers"


DEEDS = {"key": _by_key, "password": _by_password, "forward": _forward, "sftp": _sftp, "port": _port}
