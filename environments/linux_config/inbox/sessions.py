"""Open a session, and see from outside what a program in it has.

Profiles are programs, and run before the command of their session does, so nothing that a session says counts. It is
asked to run a program of the pristine box, under a name that nobody could foresee. This program says nothing and waits,
and what the kernel knows of its process is read meanwhile.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

COMMAND = "{command}"
# It ends by itself, with nothing said, once the pipe that it reads has been opened and closed by a writer.
WAITS = "/usr/bin/cat"
POLL_S = 0.003
LOOK_S = 1.0
MAX_BYTES = 64 << 10


def look(
    argv: Sequence[str],
    user: str,
    *,
    env: Mapping[str, str],
    timeout_s: float,
    names: Sequence[str] = (),
    become: bool = False,
) -> dict[str, Any] | None:
    """Open a session of an ordinary user, and return what the program that it was asked to run has.

    Args:
        argv: opens the session; `COMMAND` in it stands for the command that the session is to run.
        user: whose session it is, and whose processes end with it.
        env: the environment in which it is opened.
        timeout_s: the seconds after which it must have ended.
        names: programs to look for in the session's search path.
        become: the session is opened by the user instead of by root.

    Returns:
        `env`, the variables; `file`, the mode that a new file gets; `found`, the path of each program or None; and
        `noise`, what the session printed. None if it did not run the program once, as it was asked to, and then end.
    """
    uid = pwd.getpwnam(user).pw_uid
    with _waiter() as (program, pipe):
        process = subprocess.Popen(
            [word.replace(COMMAND, f"{program} {pipe}") for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=env,
            start_new_session=True,
            preexec_fn=(lambda: people.become(user)) if become else None,
        )
        try:
            seen = _watch(process, program, pipe, user, uid, names, time.monotonic() + timeout_s)
            ended = process.poll() is not None
        finally:
            people.kill_group(process.pid)
            process.wait()
            people.end_processes(user)
        noise = _printed(process)
    if not ended or len(seen) != 1 or seen[0] is None:
        return None
    return seen[0] | {"noise": noise.strip()[:400]}


@contextmanager
def _waiter() -> Iterator[tuple[str, str]]:
    """Make the program, and the pipe that it is to read and that only root can write."""
    program, folder = f"/usr/bin/{secrets.token_hex(6)}", f"/run/{secrets.token_hex(6)}"
    shutil.copyfile(WAITS, program)
    os.chmod(program, 0o755)
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    try:
        yield program, _pipe(f"{folder}/{secrets.token_hex(6)}")
    finally:
        os.unlink(program)
        shutil.rmtree(folder)


def _pipe(path: str) -> str:
    os.mkfifo(path)
    os.chmod(path, 0o444)
    return path


def _watch(
    process: subprocess.Popen[bytes],
    program: str,
    pipe: str,
    user: str,
    uid: int,
    names: Sequence[str],
    deadline: float,
) -> list[dict[str, Any] | None]:
    """Return what each process of the program has, until the session ends or its time is up."""
    seen: dict[int, dict[str, Any] | None] = {}
    while process.poll() is None and time.monotonic() < deadline:
        if any(_processes(program, pipe, uid)):
            waited_at = _another(pipe)
            # Whoever waits at the old pipe is running by now, so that nobody goes on unseen.
            for pid in _processes(program, pipe, uid):
                if pid not in seen:
                    seen[pid] = people.in_child(lambda pid=pid: _facts(pid, program, user, names), timeout_s=LOOK_S)
            _release(waited_at)
        time.sleep(POLL_S)
    return list(seen.values())


def _processes(program: str, pipe: str, uid: int) -> Iterator[int]:
    """Yield the processes that are the program as it was asked for, and are wholly the user's."""
    wanted = f"{program}\0{pipe}\0".encode()
    for number in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            with open(f"/proc/{number}/cmdline", "rb") as file:
                same = file.read(MAX_BYTES) == wanted
            if same and set(people.uids(number)) == {uid}:
                yield int(number)


def _facts(pid: int, program: str, user: str, names: Sequence[str]) -> dict[str, Any] | None:
    """Return what a process has, in a child that becomes the user: in a box root may not look into it."""
    people.become(user)
    if os.readlink(f"/proc/{pid}/exe") != program:
        return None
    with open(f"/proc/{pid}/environ", "rb") as file:
        entries = file.read(MAX_BYTES).decode("utf-8", "replace").split("\0")
    env: dict[str, str] = {}
    for name, found, value in (entry.partition("=") for entry in entries):
        if found:
            env.setdefault(name, value)
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        umask = next(int(line.split()[1], 8) for line in file if line.startswith("Umask:"))
    os.chdir(f"/proc/{pid}/cwd")
    found_at = {name: shutil.which(name, path=env.get("PATH", "")) for name in names}
    return {"env": env, "file": f"{0o666 & ~umask:04o}", "found": found_at}


def _another(pipe: str) -> str:
    """Put another pipe in the place of one, at which nobody waits yet, and return where the old one is."""
    old = f"{pipe}-{secrets.token_hex(6)}"
    os.link(pipe, old)
    os.rename(_pipe(f"{pipe}-new"), pipe)
    return old


def _release(pipe: str) -> None:
    """Let those go on who wait at a pipe, if there are any."""
    with suppress(OSError):
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    os.unlink(pipe)


def _printed(process: subprocess.Popen[bytes]) -> str:
    """Return what is in the pipe of a session that has ended."""
    assert process.stdout is not None
    with process.stdout as output, suppress(BlockingIOError):
        os.set_blocking(output.fileno(), False)
        return os.read(output.fileno(), MAX_BYTES).decode("utf-8", "replace")
    return ""
