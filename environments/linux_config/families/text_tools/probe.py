"""Run programs as a user on hidden inputs, and say what they print and what became of the inputs."""

from __future__ import annotations

import base64
import hashlib
import os
import pwd
import resource
import subprocess
from collections.abc import Mapping
from typing import Any

import elsewhere  # type: ignore[import-not-found,unused-ignore]
import people  # type: ignore[import-not-found,unused-ignore]

TIMEOUT_S = 6.0
MAX_OUTPUT = 256 << 10
MAX_SHOWN = 4000
MAX_FILES = 100
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def before(plan: Mapping[str, Any]) -> None:
    """Nothing of the pristine box matters here."""


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each case status, output and the inputs afterwards, and what was left where everybody may write."""
    there = elsewhere.files()
    cases = [_run(case, plan, number) for number, case in enumerate(plan["cases"])]
    return {"cases": cases, "strays": elsewhere.added_since(there)}


def _run(case: Mapping[str, Any], plan: Mapping[str, Any], number: int) -> dict[str, Any]:
    folder = f"/srv/inputs-{plan['token']}-{number}"
    _lay_out(folder, case, plan["user"])
    for path, script in case["swaps"].items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        os.chmod(path, 0o755)
    argv = [case["program"], *(word.replace("{folder}", folder) for word in case["argv"])]
    output = f"/root/checker/output-{number}"
    status = _start(argv, case, plan, folder if case["inside"] else "/", output)
    with open(output, "rb") as file:
        printed = file.read(MAX_OUTPUT)
    os.unlink(output)
    return {
        "status": status,
        "head": base64.b64encode(printed[:MAX_SHOWN]).decode(),
        "digest": hashlib.sha256(printed).hexdigest(),
        "files": _files(folder),
    }


def _lay_out(folder: str, case: Mapping[str, Any], user: str) -> None:
    """Make the inputs, and give them and their folders to the user."""
    owner = pwd.getpwnam(user)
    os.mkdir(folder)
    for name, data in case["files"].items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
    for place, _, names in os.walk(folder, topdown=False):
        for path in (*(os.path.join(place, name) for name in names), place):
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _start(argv: list[str], case: Mapping[str, Any], plan: Mapping[str, Any], cwd: str, output: str) -> int | None:
    """Run a program to its end as the user; return its status, None if it takes too long."""

    def become() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_OUTPUT, MAX_OUTPUT))
        people.become(plan["user"])

    env = {"PATH": ":".join([PATH, *plan["path"]]), "LANG": "C.UTF-8", "HOME": f"/home/{plan['user']}"}
    with open(output, "wb") as stdout:
        try:
            process = subprocess.Popen(
                ["/usr/bin/env", *argv],
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=subprocess.DEVNULL,
                cwd=cwd,
                env=env,
                start_new_session=True,
                preexec_fn=become,
            )
        except (OSError, ValueError, subprocess.SubprocessError):
            return 127
        status: int | None = None
        try:
            process.communicate(base64.b64decode(case["stdin"]), timeout=TIMEOUT_S)
            status = process.returncode
        except subprocess.TimeoutExpired:
            status = None
        finally:
            people.end_processes(plan["user"])
            process.wait()
    return status


def _files(folder: str) -> dict[str, str]:
    """Return a digest of every file below a folder; the user's processes have ended."""
    found: dict[str, str] = {}
    for place, _, names in os.walk(folder):
        for name in sorted(names)[:MAX_FILES]:
            path = os.path.join(place, name)
            found[os.path.relpath(path, folder)] = _digest(path)
    return found


def _digest(path: str) -> str:
    if os.path.islink(path) or not os.path.isfile(path):
        return "no file"
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return hashlib.sha256(file.read(MAX_OUTPUT)).hexdigest()
