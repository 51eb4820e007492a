"""The `Sandbox` that every backend hands out: commands and files, over the channel to the agent in a vessel."""

from __future__ import annotations

import posixpath
import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn, Self

from agentgym.errors import AgentGymError, PathError, SandboxBroken, SandboxLost, UsageError
from agentgym.sandbox import ExecReason, ExecResult, Health, SandboxSpec, Snapshot
from agentgym.sandboxes.agent import ChannelDead
from agentgym.sandboxes.gate import Gate
from agentgym.sandboxes.session import ChannelSession
from agentgym.sandboxes.transport import Frame
from agentgym.sandboxes.vessel import Changes, Vessel

# What passes at once. The box holds two copies of what it takes in, and up to four of what it gives, in its own memory.
MAX_BYTES_AT_ONCE = 64 << 20
SHARE_IN, SHARE_OUT = 2, 4
GRACE_S = 20.0
LONGEST_S = 7 * 24 * 3600
FILE_TIMEOUT_S = 60.0
MAX_SNAPSHOT_BYTES, MAX_SNAPSHOT_FILES = 60 << 20, 20_000
MAX_CHANGES = 1000
RESUME = "Re-run with --resume; finished episodes are kept."


class Box:
    """A `Sandbox` in a vessel, which it changes for another one when it is reset.

    Args:
        vessel: an open vessel; the box closes it.
        backend: the backend's name.
        fresh: returns another open vessel of the same spec.
        commands: holds the number of commands that run at once on this machine.
        is_open: whether the backend is still open.
    """

    def __init__(
        self,
        vessel: Vessel,
        *,
        backend: str,
        fresh: Callable[[SandboxSpec], Vessel],
        commands: Gate,
        is_open: Callable[[], bool],
    ) -> None:
        self._vessel = vessel
        self._backend = backend
        self._fresh = fresh
        self._commands = commands
        self._is_open = is_open
        self._closed = False
        self._broken: str | None = None
        self._generation = 1
        self._state = threading.RLock()

    @property
    def name(self) -> str:
        """What the host calls this box; another name after a reset that took another vessel."""
        return self._vessel.name

    @property
    def spec(self) -> SandboxSpec:
        """What this box was asked to be."""
        return self._vessel.spec

    def exec(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        stdin: bytes = b"",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> ExecResult:
        """Run one command and return what came of it."""
        if isinstance(argv, str) or not argv or not all(isinstance(word, str) for word in argv):
            raise UsageError("argv must be a non-empty sequence of strings, and not one string")
        if not all(isinstance(text, str) for pair in (env or {}).items() for text in pair):
            raise UsageError("the names and values of env must be strings")
        if not isinstance(stdin, bytes):
            raise UsageError(f"stdin must be bytes, not {type(stdin).__name__}")
        if len(stdin) > self._most(SHARE_IN):
            raise UsageError(f"stdin of {len(stdin)} bytes is over {self._limit(SHARE_IN)}")
        fields = {
            "argv": list(argv),
            "timeout_s": timeout_s,
            "cwd": posixpath.join(self.spec.workdir, cwd or ""),
            "env": dict(env or {}),
            "user": user or self.spec.user,
        }
        return self._run("exec", fields, stdin, timeout_s)

    def _run(self, op: str, fields: Mapping[str, Any], payload: bytes, timeout_s: float) -> ExecResult:
        self._require_open()
        if not 0 < timeout_s <= LONGEST_S:
            raise UsageError(f"timeout_s must be more than 0 and at most {LONGEST_S:,} seconds, not {timeout_s}")
        with self._commands:
            vessel = self._vessel
            before = vessel.count_oom_kills()
            answer = self._call(op, fields, payload, timeout_s=timeout_s + GRACE_S)
        result = _result(answer)
        if answer.header.get("survivors"):
            self._broken = f"{answer.header['survivors']} processes of a command survived being killed"
            raise SandboxBroken(f"box {self.name}: {self._broken}")
        return _with_oom(result, before, vessel.count_oom_kills())

    def read(self, path: str, *, max_bytes: int, user: str | None = None) -> bytes:
        """Return a regular file's bytes."""
        fields = {"path": path, "max_bytes": min(max_bytes, self._most(SHARE_OUT)), "user": user or self.spec.user}
        return self._call("read", fields, timeout_s=FILE_TIMEOUT_S + GRACE_S).payload

    def write(self, path: str, data: bytes, *, mode: int = 0o644, user: str | None = None) -> None:
        """Write one regular file as the user, making parent directories."""
        self._put([(path, data, mode)], user)

    def put_tree(self, files: Mapping[str, bytes], root: str, *, user: str | None = None) -> None:
        """Write many files below `root`."""
        for key in files:
            if key.startswith("/") or ".." in key.split("/") or not key.strip("/"):
                raise PathError(f"{key!r} is not a relative path below the root")
        self._put([(f"{root.rstrip('/')}/{key}", data, 0o644) for key, data in files.items()], user)

    def _put(self, files: Sequence[tuple[str, bytes, int]], user: str | None) -> None:
        entries = [{"path": path, "size": len(data), "mode": mode} for path, data, mode in files]
        fields = {"files": entries, "user": user or self.spec.user}
        for path, data, mode in files:
            if not isinstance(data, bytes):
                raise UsageError(f"{path}: a file's contents must be bytes, not {type(data).__name__}")
            if not 0 <= mode <= 0o7777:
                raise UsageError(f"{path}: {mode} is no file mode")
        payload = b"".join(data for _, data, _ in files)
        if len(payload) > self._most(SHARE_IN):
            raise PathError(f"{len(payload)} bytes at once are over {self._limit(SHARE_IN)}")
        self._call("put", fields, payload, timeout_s=FILE_TIMEOUT_S + GRACE_S)

    def get_tree(
        self, paths: Sequence[str], *, max_bytes: int, max_files: int, user: str | None = None
    ) -> dict[str, bytes]:
        """Return the regular files at or below absolute `paths`, keyed by absolute path."""
        fields = {
            "paths": list(paths),
            "max_bytes": min(max_bytes, self._most(SHARE_OUT)),
            "max_files": max_files,
            "user": user or self.spec.user,
        }
        answer = self._call("get", fields, timeout_s=FILE_TIMEOUT_S + GRACE_S)
        files: dict[str, bytes] = {}
        start = 0
        for path, size in answer.header["files"]:
            files[path] = answer.payload[start : start + size]
            start += size
        return files

    def session(self) -> ChannelSession:
        """Open a persistent shell as the spec's user, in the spec's workdir."""
        self._require_open()
        return ChannelSession(self)

    def changes(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return what at or below the paths was changed since the box was made."""
        fields = {"paths": list(paths), "most": MAX_CHANGES, "user": "root"}
        return tuple(self._call("changes", fields, timeout_s=FILE_TIMEOUT_S + GRACE_S).header["changed"])

    def snapshot(self, *, only: Sequence[str] | None = None, without: Sequence[str] = ()) -> Snapshot:
        """Keep the box's files, or some of them, as they are now; any number of boxes can start with them."""
        self._require_open()
        changes = part_of(self._vessel.changes(), only=only, without=without)
        most = min(MAX_SNAPSHOT_BYTES, self._most(SHARE_OUT))
        # Where a link took the place of a folder above what is left out, that would be taken from elsewhere.
        folders = [path for path in changes.changed if any(_below(other, [path]) for other in without)]
        limits = {"max_bytes": most, "max_files": MAX_SNAPSHOT_FILES, "user": "root"}
        fields = {**changes._asdict(), "folders": folders, **limits}
        answer = self._call("pack", fields, timeout_s=FILE_TIMEOUT_S + GRACE_S)
        return Snapshot(self._backend, self.spec, answer.payload)

    def lay(self, snapshot: Snapshot) -> None:
        """Lay a snapshot's files over those that are there."""
        check_snapshot(snapshot, self._backend, self.spec)
        self._call("unpack", {"user": "root"}, snapshot.data, timeout_s=FILE_TIMEOUT_S + GRACE_S)

    def reset(self, to: Snapshot | None = None) -> None:
        """Make the box as good as new: every process gone, every file as in the image or, if given, the snapshot."""
        if to is not None:
            check_snapshot(to, self._backend, self.spec)
        with self._state:
            self._require_open()
            self._generation += 1
            if self._broken is not None or not self._renewed():
                self._vessel.close()
                self._vessel = self._fresh(self.spec)
                self._broken = None
            if to is not None:
                self.lay(to)

    def _renewed(self) -> bool:
        try:
            return self._vessel.renew()
        except ChannelDead:
            return False

    def health(self) -> Health:
        """Say whether the box can go on, without raising."""
        if self._closed:
            return Health.LOST
        try:
            self._call("ping", {}, timeout_s=GRACE_S)
        except SandboxBroken:
            return Health.BROKEN
        except AgentGymError:
            return Health.LOST
        return Health.OK

    def close(self) -> None:
        """End every process of the box and give everything back. Closing twice is harmless."""
        with self._state:
            self._closed = True
            self._vessel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require_open(self) -> None:
        if self._closed or not self._is_open():
            raise UsageError(f"box {self.name} is closed" + ("" if self._closed else ", with its backend"))

    def _most(self, share: int) -> int:
        """Return how many bytes may pass at once, when one part in `share` of the box's memory may hold them."""
        return min(MAX_BYTES_AT_ONCE, (self.spec.memory_mib << 20) // share)

    def _limit(self, share: int) -> str:
        return f"the {self._most(share)} that a box of {self.spec.memory_mib} MiB takes at once"

    def _call(self, op: str, fields: Mapping[str, Any], payload: bytes = b"", *, timeout_s: float) -> Frame:
        """Ask the agent, and turn its refusals and its silence into the contract's exceptions."""
        self._require_open()
        if self._broken is not None:
            raise SandboxBroken(f"box {self.name} is broken: {self._broken}")
        with self._state:  # nothing is asked of a box while it is reset
            vessel, generation = self._vessel, self._generation
        try:
            answer = vessel.ask(op, fields, payload, timeout_s=timeout_s)
        except ChannelDead as silence:
            self._require_open()
            self._require_generation(generation, op)
            self._raise_dead(vessel, _doing(op, fields), str(silence))
        if "error" in answer.header:
            self._require_generation(generation, op)
            self._raise_refusal(answer)
        return answer

    def _require_generation(self, generation: int, op: str) -> None:
        if generation != self._generation:
            raise SandboxLost(f"box {self.name} was reset while {op!r} was asked of it")

    def _raise_dead(self, vessel: Vessel, doing: str, silence: str) -> NoReturn:
        health, why = vessel.diagnose()
        if health is Health.LOST:
            raise SandboxLost(f"box {vessel.name} is gone while {doing}: {why} ({silence}). {RESUME}")
        self._broken = f"{why} ({silence})"
        raise SandboxBroken(f"box {vessel.name} was broken from inside while {doing}: {self._broken}")

    def _raise_refusal(self, answer: Frame) -> NoReturn:
        kind = answer.header["error"]
        message = str(answer.header.get("message", kind))
        if kind == "path":
            raise PathError(message)
        if kind == "usage":
            raise UsageError(message)
        self._broken = message
        raise SandboxBroken(f"box {self.name} was broken from inside: {message}")


def part_of(changes: Changes, *, only: Sequence[str] | None, without: Sequence[str]) -> Changes:
    """Return the changes at or below some paths, or without those at or below others.

    Raises:
        PathError: a folder above a path to be left out was replaced, so that what is below it cannot be told apart.
    """
    if only is not None:
        whole, removed = (_cut(paths, only) for paths in (changes.whole, changes.removed))
        changes = Changes([path for path in changes.changed if _below(path, only)], whole, removed)
    for path in (*changes.whole, *changes.removed):
        if above := next((other for other in without if other != path and _below(other, [path])), None):
            raise PathError(f"{path}, in which {above} is, was replaced")
    return Changes(*([path for path in paths if not _below(path, without)] for paths in changes))


def _below(path: str, tops: Sequence[str]) -> bool:
    return any(path == top or path.startswith(f"{top.rstrip('/')}/") for top in tops)


def _cut(paths: Sequence[str], tops: Sequence[str]) -> list[str]:
    """Return those paths that are at or below the tops, and the tops that are below a path."""
    return [path for path in paths if _below(path, tops)] + [top for top in tops if _below(top, paths)]


def check_snapshot(snapshot: Snapshot, backend: str, spec: SandboxSpec) -> None:
    """Raise `UsageError`, saying why, if a box of this backend and spec cannot start with a snapshot."""
    if snapshot.backend != backend:
        raise UsageError(f"a snapshot of a {snapshot.backend} box cannot start a {backend} box")
    theirs, ours = snapshot.spec.model_dump(), spec.model_dump()
    if differing := [name for name in ours if ours[name] != theirs[name]]:
        raise UsageError(f"a snapshot can start boxes of its own spec only: this one differs in {', '.join(differing)}")


def _doing(op: str, fields: Mapping[str, Any]) -> str:
    if op == "exec":
        return f"running {shlex.join(fields['argv'])[:200]!r}"
    return f"running {fields['command'][:200]!r}" if op == "run" else f"asked for {op!r}"


def _result(answer: Frame) -> ExecResult:
    header, cut = answer.header, int(answer.header["stdout_kept"])
    return ExecResult(
        reason=ExecReason(header["reason"]),
        exit_code=header["exit_code"],
        signal=header["signal"],
        stdout=answer.payload[:cut],
        stderr=answer.payload[cut:],
        stdout_bytes=header["stdout_bytes"],
        stderr_bytes=header["stderr_bytes"],
        background_left=header["background_left"],
        seconds=header["seconds"],
    )


def _with_oom(result: ExecResult, before: int | None, after: int | None) -> ExecResult:
    """Name memory as the reason where the kernel says so, or where nobody else can have sent the SIGKILL."""
    if result.reason not in (ExecReason.EXITED, ExecReason.SIGNALED) or result.exit_code == 0:
        return result
    counted = before is not None and after is not None
    if not (after > before if counted else result.signal == 9):  # type: ignore[operator]
        return result
    values = {**result.__dict__, "reason": ExecReason.OOM, "exit_code": None, "signal": 9}
    return ExecResult(**values)
