"""Log in with good and bad keys, and start users' own clients as those users.

The servers' configuration and host keys come with the request; what is judged are the files that name keys and hosts.
Nobody logs in as root.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import daemons  # type: ignore[import-not-found,unused-ignore]
import people  # type: ignore[import-not-found,unused-ignore]

SSHD, SSH = "/usr/sbin/sshd", "/usr/bin/ssh"
FOLDER = "/root/checker/keys"
PATHS = {"PATH": "/usr/bin:/bin"}
QUICK = ("-o", "KexAlgorithms=curve25519-sha256", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR")
PLAIN = (
    *("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "IdentitiesOnly=yes", *QUICK),
)
TIMEOUT_S, READY_S, SETTINGS_BYTES = 10.0, 8.0, 16_000


def before(plan: Mapping[str, Any]) -> None:
    """Nothing of the pristine box matters here."""


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what came of each trial, and which settings of a client are not as they were."""
    os.makedirs(FOLDER, mode=0o700)
    client = _compare(plan["client"]) if plan["client"] else []
    return {"client": client, "results": _try_all(plan)}


def _try_all(plan: Mapping[str, Any]) -> list[str]:
    with ExitStack() as stack:
        for number, server in enumerate(plan["servers"]):
            key = _write(f"host-{number}", server["host_key"])
            config = _write(f"config-{number}", f"HostKey {key}\n{server['text']}")
            _wait(stack.enter_context(daemons.running([SSHD, "-D", "-e", "-f", config])))
        return [_take(plan, trial) for trial in plan["trials"]]


def _write(name: str, text: str) -> str:
    path = f"{FOLDER}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)
    return path


def _wait(service: Any) -> None:
    deadline = time.monotonic() + READY_S
    while service.running and "Server listening" not in service.said() and time.monotonic() < deadline:
        time.sleep(0.01)


def _take(plan: Mapping[str, Any], trial: Mapping[str, Any]) -> str:
    if trial["do"] == "ssh":
        return _own_client(trial, plan["token"])
    if trial["do"] == "settings":
        return _own_settings(trial)
    return _direct(plan["servers"][trial["server"]], trial, plan["token"])


def _direct(server: Mapping[str, Any], trial: Mapping[str, Any], token: str) -> str:
    """Log in with a key and no configuration of a client's."""
    key = _write("key", trial["key"])
    at = ("-b", trial["source"], "-p", str(server["port"]), "-i", key)
    to = f"{trial['user']}@{server['address']}"
    if trial["do"] == "forward":
        said = _run([SSH, *PLAIN, *at, "-W", f"{server['address']}:{server['port']}", to])
        return "forwarded" if said.startswith("SSH-2.0") else "not forwarded"
    if trial["do"] == "terminal":
        said = _run([SSH, *PLAIN, *at, "-tt", to, f"echo {token}"])
        return "none" if "PTY allocation request failed" in said else _result(said, token)
    said = _run([SSH, *PLAIN, *at, to, f"echo {token} $(id -un)"])
    return _result(said.replace(f"{token} {trial['user']}", f"{token} in"), token)


def _own_client(trial: Mapping[str, Any], token: str) -> str:
    """Start a user's own ssh as that user, and return whom and where it got to."""
    where = f"echo {token} in as $(id -un) at ${{SSH_CONNECTION#* * }}"
    argv = [SSH, *QUICK, *trial["arguments"], where]
    return _result(_run(argv, trial["user"]), token)


def _own_settings(trial: Mapping[str, Any]) -> str:
    said = _run([SSH, "-G", trial["host"]], trial["user"]).splitlines()
    values = [[line.partition(" ")[2] for line in said if line.partition(" ")[0] == name] for name in trial["names"]]
    return " ".join(",".join(value) for value in values)[:300]


def _compare(client: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return for each host which of the user's settings differ from those with the configuration as it was."""
    now = [_all_settings(host, client["user"]) for host in client["hosts"]]
    config, aside = client["config"], f"{client['config']}-now"
    there = os.path.lexists(config)
    if there:
        os.rename(config, aside)
    try:
        if client["was"]:
            with open(config, "w", encoding="utf-8") as file:
                file.write(client["was"])
        then = [_all_settings(host, client["user"]) for host in client["hosts"]]
    finally:
        if os.path.lexists(config):
            os.unlink(config)
        if there:
            os.rename(aside, config)
    return [
        {"host": host, "known": bool(new and old), "differ": sorted(k for k in new | old if new.get(k) != old.get(k))}
        for host, new, old in zip(client["hosts"], now, then, strict=True)
    ]


def _all_settings(host: str, user: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _run([SSH, "-G", host], user).splitlines():
        name, _, value = line.partition(" ")
        found.setdefault(name, []).append(value)
    return found if "hostname" in found else {}


def _run(argv: list[str], user: str | None = None) -> str:
    env = PATHS | {"HOME": f"/home/{user}" if user else "/root", "USER": user or "root", "LOGNAME": user or "root"}
    status, said = people.run(argv, timeout_s=TIMEOUT_S, user=user, env=env, keep=SETTINGS_BYTES)
    return "no answer in time" if status is None else str(said)


def _result(said: str, token: str) -> str:
    text = said.strip()
    if text.startswith(token):
        return text.removeprefix(token).strip()[:200]
    if "Host key verification failed" in text or "IDENTIFICATION HAS CHANGED" in text:
        return "unknown host key"
    if "Permission denied" in text or "Connection closed" in text or "Connection reset" in text:
        return "refused"
    return f"said: {text[:200]}"
