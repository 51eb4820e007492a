"""Do something as another user, in a process of its own."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any


def become(name: str) -> None:
    """Turn this process into one of the user's, for good."""
    entry = pwd.getpwnam(name)
    os.setgroups(os.getgrouplist(name, entry.pw_gid))
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


def in_child(work: Callable[[], Any], *, timeout_s: float | None = None) -> Any:
    """Run `work` in a forked child and return what it returned, or None if the child died, raised or was too slow."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        status = 1
        try:
            os.write(writer, json.dumps(work()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    # Processes of the user whom the child became can stop it.
    timer = threading.Timer(timeout_s, os.kill, (pid, signal.SIGKILL)) if timeout_s else None
    if timer:
        timer.start()
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    if timer:
        timer.cancel()
        timer.join()
    os.waitpid(pid, 0)
    with suppress(ValueError):
        return json.loads(answer)
    return None


def run(
    argv: Sequence[str],
    *,
    timeout_s: float,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    stdin: bytes = b"",
    keep: int = 4000,
) -> tuple[int | None, str]:
    """Run a command, as the user if one is named.

    Returns:
        Its status (None: killed at the timeout), and the first `keep` characters of its output.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
            preexec_fn=(lambda: become(user)) if user else None,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return 127, str(error)
    try:
        output, _ = process.communicate(stdin, timeout=timeout_s)
        status: int | None = process.returncode
    except subprocess.TimeoutExpired:
        status, output = None, b""
    finally:
        kill_group(process.pid)
    if status is None:
        process.kill()
        process.wait()
    return status, output.decode("utf-8", "replace")[:keep]


def kill_group(group: int) -> None:
    """Kill every process of the group that is left."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def end_processes(name: str) -> None:
    """Kill every process of a user, also those that left their group."""
    uid = pwd.getpwnam(name).pw_uid
    for _ in range(3):
        for number in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                if uid in uids(number):
                    os.kill(int(number), signal.SIGKILL)
        time.sleep(0.005)


def uids(number: str) -> list[int]:
    """Return the user ids of a process: real, effective, saved, of the filesystem."""
    with open(f"/proc/{number}/status", encoding="utf-8") as file:
        line = next((line for line in file if line.startswith("Uid:")), "")
    return [int(word) for word in line.split()[1:]]
