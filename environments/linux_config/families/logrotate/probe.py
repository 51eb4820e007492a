"""Rotate logs: forced rounds with fresh content, then unforced ones after some days and with some sizes."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

CONFIGURATION = "/etc/logrotate.conf"
FOLDER = "/etc/logrotate.d"
STATE = "/root/checker/rotation-state"
TIMEOUT_S = 10.0
MAX_BYTES = 64 << 10
# What logrotate says of a stanza, after its pattern: when its logs are rotated, how many are kept, and which not.
STANZA = re.compile(r"(after \d+ days|\d+ bytes|\S+) +\((\d+) rotations\)\n([^\n]*)")
CONSIDERED = re.compile(r"^considering log (.*)$", re.MULTILINE)
LONG_AGO = 86_400
SYSTEMS = tuple(f"/var/log/{name}.log" for name in ("alternatives", "apt/history", "apt/term", "dpkg"))


def before(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the logs that the pristine box rotates, what logrotate says of them, and the files that say so."""
    return {"said": _said(), "files": _configuration()}


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the folders hold after the forced rounds, what the other trials rotate, and what logrotate says."""
    said, files = _said(), _configuration()
    statuses, kept = [], {}
    _reset(plan["logs"], size=0)
    for number in range(1, plan["rounds"] + 1):
        inodes = {log["path"]: _write(log, f"{plan['token']} round {number}\n") for log in plan["logs"]}
        statuses.append(_rotate("-f"))
        kept = {path: os.path.exists(path) and os.stat(path).st_ino == inode for path, inode in inodes.items()}
    found = {path: _describe(path) for folder in plan["folders"] for path in _files(folder)}
    return {
        "said": said,
        "files": files,
        "statuses": statuses,
        "found": found,
        "same_file": kept,
        "trials": [_trial(plan["logs"], **trial) for trial in plan["trials"]],
        "missing": {log["path"]: _without(log, plan["logs"]) for log in plan["logs"]},
        "aged": _aged([*plan["logs"], *_systems()], plan["token"]),
    }


def _said() -> dict[str, list[list[str]]]:
    """Return for each log what logrotate says of it: how often, how many are kept, and which are not rotated."""
    _, said = people.run(["/usr/sbin/logrotate", "-d", "-s", STATE, CONFIGURATION], timeout_s=TIMEOUT_S, keep=MAX_BYTES)
    found: dict[str, list[list[str]]] = {}
    for block in str(said).split("\nrotating pattern: ")[1:]:
        match = STANZA.search(block)
        for log in CONSIDERED.findall(block):
            found.setdefault(log, []).append([word.strip() for word in match.groups()] if match else [])
    return found


def _configuration() -> dict[str, str]:
    """Return the text of each file in the folder of packages."""
    found = {}
    for path in filter(os.path.isfile, _files(FOLDER)):
        with open(path, "rb") as file:
            found[path] = file.read(MAX_BYTES).decode("utf-8", "replace")
    return found


def _systems() -> list[dict[str, Any]]:
    """Return those of the system's own logs of which several old ones are kept."""
    for path in SYSTEMS:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    return [{"path": path, "uid": 0, "gid": 0, "mode": 0o644} for path in SYSTEMS]


def _without(log: Mapping[str, Any], logs: list[dict[str, Any]]) -> int | None:
    """Return the status of a run that finds all logs but one."""
    _reset(logs, size=0)
    os.unlink(log["path"])
    return _rotate("-d")


def _aged(logs: list[dict[str, Any]], token: str) -> list[str]:
    """Return the logs of which a very old one survives the next rotation."""
    _reset(logs, size=0)
    for log in logs:
        _write(log, f"{token} long ago\n")
    _rotate("-f")
    for path in (path for log in logs for path in _others(log["path"])):
        os.utime(path, (LONG_AGO, LONG_AGO))
    for log in logs:
        _write(log, f"{token} now\n")
    _rotate("-f")
    old = f"{token} long ago\n"
    return [log["path"] for log in logs if any(_text(path) == old for path in _others(log["path"]))]


def _others(log: str) -> list[str]:
    """Return the files beside a log whose names begin with its own."""
    return [path for path in _files(os.path.dirname(log)) if path.startswith(log) and path != log]


def _rotate(*options: str) -> int | None:
    status, _ = people.run(["/usr/sbin/logrotate", *options, "-s", STATE, CONFIGURATION], timeout_s=TIMEOUT_S)
    return status  # type: ignore[no-any-return,unused-ignore]


def _reset(logs: list[dict[str, Any]], *, size: int) -> None:
    """Remove what rotation made, and give each log its first owner, mode and size."""
    for log in logs:
        for path in [*_others(log["path"]), *filter(os.path.lexists, [log["path"]])]:
            os.unlink(path)
        _write(log, "x" * size)


def _write(log: Mapping[str, Any], text: str) -> int:
    """Append to a log, as the service would, and return the number of its inode."""
    path = log["path"]
    new = not os.path.exists(path)
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)
    if new:
        os.chown(path, log["uid"], log["gid"])
        os.chmod(path, log["mode"])
    return os.stat(path).st_ino


def _trial(logs: list[dict[str, Any]], *, age_days: int, size: int) -> list[str]:
    """Return the logs that an unforced run rotates when they have this size and were rotated so many days ago."""
    _reset(logs, size=size)
    last = datetime.now() - timedelta(days=age_days)
    stamp = f"{last.year}-{last.month}-{last.day}-{last.hour}:0:0"
    with open(STATE, "w", encoding="utf-8") as file:
        file.write("logrotate state -- version 2\n" + "".join(f'"{log["path"]}" {stamp}\n' for log in logs))
    os.chmod(STATE, 0o640)
    _rotate()
    return [log["path"] for log in logs if any(os.path.exists(log["path"] + end) for end in (".1", ".1.gz"))]


def _files(folder: str) -> list[str]:
    return sorted(os.path.join(folder, name) for name in os.listdir(folder))


def _describe(path: str) -> dict[str, Any]:
    status = os.lstat(path)
    return {"mode": status.st_mode & 0o7777, "uid": status.st_uid, "gid": status.st_gid, "text": _text(path)}


def _text(path: str) -> str:
    if os.path.islink(path) or not os.path.isfile(path):
        return ""
    try:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            return file.read(MAX_BYTES).decode("utf-8", "replace")[:400]
    except (OSError, EOFError, zlib.error) as error:
        return f"unreadable: {error}"
