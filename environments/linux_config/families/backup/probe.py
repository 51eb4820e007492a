"""Run a backup as its user on hidden trees, several times with changes between, and say what is where.

Everything in folders of the user is made by a process of the user's, so that a link left there leads nowhere new. After
each run every process of the user is ended before anything is looked at.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import random
import shutil
import stat
import subprocess
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Any

import daemons  # type: ignore[import-not-found,unused-ignore]
import elsewhere  # type: ignore[import-not-found,unused-ignore]
import people  # type: ignore[import-not-found,unused-ignore]

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
TIMEOUT_S = 8.0
LEFT_S = 1.0
MAX_ENTRIES = 500
MAX_BYTES = 1 << 20
NAMES = (
    "two words",
    "line\nbreak",
    "-rf",
    "star*",
    "it's",
    'a "b"',
    "ünder",
    ".dotted",
    "end ",
    "back\\slash",
    "$HOME",
    "#",
)
MODES = (0o400, 0o444, 0o500, 0o600, 0o640, 0o644, 0o664, 0o666, 0o750, 0o755)


def before(plan: Mapping[str, Any]) -> None:
    """Nothing of the pristine box matters here."""


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Take the steps of the plan one after the other; return what each that has a label saw."""
    seen: dict[str, Any] = {}
    there = elsewhere.files()
    with ExitStack() as services:
        context = {"token": plan["token"], "jobs": {}, "services": services}
        for step in plan["steps"]:
            found = ACTIONS[step["do"]](step, context)
            if "label" in step:
                seen[step["label"]] = found
    return seen | {"strays": elsewhere.added_since(there)}


def _as_user(user: str, work: Callable[[], Any]) -> Any:
    def become_and_work() -> Any:
        people.become(user)
        os.umask(0o022)
        return work()

    return people.in_child(become_and_work)


# Trees ---------------------------------------------------------------------------------------------------------------


def _tree(step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Fill a folder with what a seed and the token make, and with the files that the step names."""
    rng = random.Random(f"{context['token']} {step['seed']}")

    def fill() -> None:
        os.makedirs(step["path"], exist_ok=True)
        _clear(step["path"])
        if step["random"]:
            _grow(rng, step["path"], depth=2)
        for name in step["also"]:
            path = os.path.join(step["path"], name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _write_file(rng, path)

    _as_user(step["user"], fill)


def _grow(rng: random.Random, folder: str, *, depth: int) -> None:
    names = [*rng.sample(NAMES, 4), *(f"{rng.randrange(16**6):06x}" for _ in range(3))]
    names = [name.replace("-rf", f"-rf{rng.randrange(100)}") for name in names]
    for name in names[:4]:
        _write_file(rng, os.path.join(folder, name))
    os.symlink(rng.choice((names[0], "/nowhere/at all", "..")), os.path.join(folder, names[4]))
    os.mkdir(os.path.join(folder, names[5]))
    below = os.path.join(folder, names[6] + rng.choice(("", " x", "\n")))
    os.mkdir(below)
    if depth:
        _grow(rng, below, depth=depth - 1)
    for path in (os.path.join(folder, names[5]), below):
        os.chmod(path, rng.choice((0o700, 0o750, 0o755, 0o775)))


def _write_file(rng: random.Random, path: str) -> None:
    with open(path, "wb") as file:
        if rng.random() < 0.15:
            file.truncate(rng.randrange(100_000))
        elif rng.random() < 0.85:
            file.write(rng.randbytes(rng.randrange(1, 3000)))
    os.utime(path, (rng.randrange(10**9, 17 * 10**8),) * 2)
    os.chmod(path, rng.choice(MODES))


def _change(step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Remove a third of the files of a tree, rewrite a third, and add some."""
    rng = random.Random(f"{context['token']} {step['seed']}")

    def change() -> None:
        files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(step["path"]) for name in names)
        rng.shuffle(files)
        for fate, path in enumerate(files):
            if fate % 3 < 2:
                os.unlink(path)
            if fate % 3 == 1:
                _write_file(rng, path)
        more = os.path.join(step["path"], f"more {rng.randrange(10**6)}")
        os.mkdir(more)
        _grow(rng, more, depth=0)

    _as_user(step["user"], change)


def _clear(folder: str) -> None:
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)


def _text(step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Write a text as the user; the token takes the place of `{token}`."""

    def write() -> None:
        with open(step["path"], "w", encoding="utf-8") as file:
            file.write(step["text"].replace("{token}", context["token"]))

    _as_user(step["user"], write)


def _program(step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Put a program of root's in the place of another; its folder is root's too."""
    with open(step["path"], "w", encoding="utf-8") as file:
        file.write(step["text"])
    os.chmod(step["path"], 0o755)


def _remove(step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    _as_user(step["user"], lambda: os.unlink(step["path"]))


def _cut(step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Halve a file."""
    _as_user(step["user"], lambda: os.truncate(step["path"], os.stat(step["path"]).st_size // 2))


def _move(step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Rename within a folder of root's."""
    os.rename(step["path"], step["to"])


# What is seen --------------------------------------------------------------------------------------------------------


def _snap(step: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any] | None:
    return describe(step["path"])


def describe(root: str) -> dict[str, Any] | None:
    """Return kind, mode, content, time and inode of everything below a folder; None if there is no folder."""
    if os.path.islink(root) or not os.path.isdir(root):
        return None
    found: dict[str, Any] = {}
    for folder, folders, files in os.walk(root):
        for name in sorted(folders) + sorted(files):
            path = os.path.join(folder, name)
            found[os.path.relpath(path, root)] = _entry(path)
            if len(found) > MAX_ENTRIES:
                return found
    return found


def _entry(path: str) -> list[Any]:
    status = os.lstat(path)
    mode, time_s = stat.S_IMODE(status.st_mode), int(status.st_mtime)
    if stat.S_ISLNK(status.st_mode):
        return ["link", 0, os.readlink(path), 0, status.st_ino]
    if stat.S_ISREG(status.st_mode):
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            digest = hashlib.sha256(file.read(MAX_BYTES)).hexdigest()[:16]
        return ["file", mode, f"{digest}:{status.st_size}", time_s, status.st_ino]
    return ["dir" if stat.S_ISDIR(status.st_mode) else "other", mode, "", 0, status.st_ino]


def _unpack(step: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any] | None:
    """Describe what the box's own tar, run by the user, gets out of an archive."""
    folder = f"/tmp/unpacked-{time.monotonic_ns()}"
    os.mkdir(folder)
    os.chown(folder, pwd.getpwnam(step["user"]).pw_uid, -1)
    argv = ["/usr/bin/tar", "-xpf", step["path"], "-C", folder]
    status, _ = people.run(argv, timeout_s=TIMEOUT_S, user=step["user"], env=ENVIRONMENT)
    found = describe(folder) if status == 0 else None
    shutil.rmtree(folder)
    return found


def _read(step: Mapping[str, Any], context: Mapping[str, Any]) -> str | None:
    """Return the text of a file as its user reads it, unpacked if it is packed with gzip."""

    def read() -> str:
        with open(os.open(step["path"], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            data = file.read(MAX_BYTES)
        if step["packed"]:
            data = zlib.decompressobj(31).decompress(data, MAX_BYTES)
        return data[:4000].decode("utf-8", "replace")

    text: str | None = _as_user(step["user"], read)
    return text


# Runs ----------------------------------------------------------------------------------------------------------------


def _run(step: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """Run a program as the user, end what it left behind, and return its status and output, and what it left."""
    started = time.monotonic()
    try:
        process = _popen(step, subprocess.PIPE)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return {"status": 127, "said": str(error), "seconds": 0, "left": []}
    output, left = b"", list[str]()
    status: int | None = None
    with suppress(subprocess.TimeoutExpired):
        output, _ = process.communicate(timeout=step["timeout_s"])
        status = process.returncode
    seconds = time.monotonic() - started
    if status is not None and not context["jobs"]:
        left = _left(step["user"])
    people.kill_group(process.pid)
    process.wait()
    if not context["jobs"]:
        people.end_processes(step["user"])
    said = output.decode("utf-8", "replace")[:1000]
    return {"status": status, "said": said, "seconds": round(seconds, 1), "left": left}


def _popen(step: Mapping[str, Any], output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        step["argv"],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=ENVIRONMENT,
        start_new_session=True,
        preexec_fn=lambda: people.become(step["user"]),
    )


def _left(user: str) -> list[str]:
    """Return what still runs of a user's after a moment."""
    uid = pwd.getpwnam(user).pw_uid
    deadline = time.monotonic() + LEFT_S
    while (left := [_name(pid) for pid in filter(str.isdigit, os.listdir("/proc")) if _lives(pid, uid)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.02)
    return left[:5]


def _lives(pid: str, uid: int) -> bool:
    with suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        return uid in people.uids(pid) and file.read().rpartition(b") ")[2][:1] not in b"ZX"
    return False


def _name(pid: str) -> str:
    with suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().strip()
    return "?"


def _start(step: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    """Start a program as the user, wait until a file has so many lines, and return whether it came to that."""
    context["jobs"][step["job"]] = _popen(step, subprocess.DEVNULL)
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        if (_read({"path": step["file"], "packed": False, "user": step["user"]}, context) or "").count("\n") >= step[
            "lines"
        ]:
            return True
        time.sleep(0.02)
    return False


def _finish(step: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """Wait for what was started, or kill all of it at once; return its status."""
    process = context["jobs"].pop(step["job"])
    status: int | None = None
    if not step["kill"]:
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(5)
    people.end_processes(step["user"])
    process.wait()
    return {"status": status, "said": ""}


def _serve(step: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    """Start a service as the user until the end of the plan; return whether it answers."""
    address = (step["address"], step["port"])
    service = daemons.running(step["argv"], ports=[address], user=step["user"], env=ENVIRONMENT, ready_s=2)
    return bool(context["services"].enter_context(service).ready)


ACTIONS: dict[str, Callable[[Mapping[str, Any], dict[str, Any]], Any]] = {
    "tree": _tree,
    "change": _change,
    "text": _text,
    "program": _program,
    "remove": _remove,
    "cut": _cut,
    "move": _move,
    "snap": _snap,
    "unpack": _unpack,
    "read": _read,
    "run": _run,
    "start": _start,
    "finish": _finish,
    "serve": _serve,
}
