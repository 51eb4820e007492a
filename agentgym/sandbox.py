"""The box that a policy works in: what one can ask of it, and what it promises.

A command that fails, times out, runs out of memory or talks too much is a *result* (`ExecResult.reason`), with the
output it had. Exceptions mean that there is no result: `SandboxLost` (the host's fault), `SandboxBroken` (the
policy's own doing), `PathError` (a path was refused), and, before there is a box at all, `BackendUnavailable`,
`ImageNotFound` and `PolicyUnenforceable`. A command is never run twice.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Control(StrEnum):
    """One thing a backend may hold a box to.

    `USERS` is several user ids inside a box, and `USER_NAMESPACE` that none of them means anything on the host. The
    others say what they are.
    """

    MEMORY = "memory"
    PIDS = "pids"
    CPU = "cpu"
    DISK = "disk"
    NETWORK = "network"
    FILESYSTEM = "filesystem"
    CAPABILITIES = "capabilities"
    NO_NEW_PRIVILEGES = "no_new_privileges"
    SECCOMP = "seccomp"
    USERS = "users"
    USER_NAMESPACE = "user_namespace"


class Support(StrEnum):
    """How far a backend can hold a box to a control on this machine."""

    ENFORCED = "enforced"
    PARTIAL = "partial"
    ABSENT = "absent"


@dataclass(frozen=True)
class ControlReport:
    """How one control stands on this machine, by which mechanism, and what would improve it.

    Attributes:
        support: how far it is enforced.
        detail: the mechanism, or what is missing, as a sentence for people.
        remedy: the one command that gets it enforced; empty where it is, or where no command does.
    """

    support: Support
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What a backend can enforce on this machine, control by control.

    Attributes:
        controls: a report for each control.
        versions: the version of each program that the backend works through.
    """

    controls: Mapping[Control, ControlReport]
    versions: Mapping[str, str] = field(default_factory=dict)

    def missing(self, required: Sequence[Control]) -> list[str]:
        """Return one sentence for each required control that is not fully enforced here."""
        reports = [(control, self.controls[control]) for control in required]
        return [
            f"{control}: {report.support}, {report.detail}" + (f": {report.remedy}" if report.remedy else "")
            for control, report in reports
            if report.support is not Support.ENFORCED
        ]


SYSTEM_FOLDERS = {"", "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "sys", "usr"}


class SandboxSpec(BaseModel):
    """What an environment asks of its boxes. Every limit is per box.

    What can be counted on to be writable in a box of user `agent`: the workdir, `/tmp` and `/home/agent`, and for root
    alone `/srv`, where a verifier can stage what the code under test must not change. All else may be read-only.

    Attributes:
        image: name of a box image under `sandboxes/images/`; bubblewrap also knows `host`, the host's own `/usr`.
        user: who runs the policy's commands: `agent` (uid 1000) or `root` (root inside the box only). Where a box has a
            single user id (a plain user's bubblewrap without subordinate ids), both are uid 0 in it.
        workdir: where commands start; exists, and belongs to `user`. No folder of the system's.
        memory_mib: memory and swap together, MiB. Where boxes write to memory, what is written counts too.
        pids: processes and threads.
        cpus: cores' worth of CPU time.
        disk_mib: bytes the box may write, MiB. With Docker and user `agent`, half of it in the workdir, a quarter in
            /tmp, and the rest in /home/agent, /dev/shm and /srv.
        linux_capabilities: capabilities root may keep inside the box, as `CHOWN`, `SETUID`, …
        required: controls that must be enforced, else preflight refuses with `PolicyUnenforceable`.
        programs: programs that the image must have on its PATH; preflight names the missing ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str = "linux"
    user: str = Field(default="agent", pattern="^(agent|root)$")
    workdir: str = "/work"
    memory_mib: int = Field(default=512, ge=32, le=1 << 24)
    pids: int = Field(default=128, ge=8, le=1 << 20)
    cpus: float = Field(default=1.0, ge=0.05, le=4096, allow_inf_nan=False)
    disk_mib: int = Field(default=256, ge=8, le=1 << 24)
    linux_capabilities: tuple[str, ...] = ()
    required: tuple[Control, ...] = (Control.NETWORK, Control.FILESYSTEM)
    programs: tuple[str, ...] = ("python3",)

    @field_validator("workdir")
    @classmethod
    def _is_the_policys_to_have(cls, workdir: str) -> str:
        if posixpath.normpath(workdir) != workdir or not workdir.startswith("/"):
            raise ValueError("an absolute path without '..' or doubled slashes is needed")
        if workdir.split("/")[1] in SYSTEM_FOLDERS:
            raise ValueError(f"{workdir} is the system's: the workdir belongs to the policy")
        return workdir


class ExecReason(StrEnum):
    """Why a command ended."""

    EXITED = "exited"
    SIGNALED = "signaled"
    TIMEOUT = "timeout"
    OOM = "oom"
    OUTPUT_LIMIT = "output_limit"


@dataclass(frozen=True)
class ExecResult:
    """What came of one command.

    Attributes:
        reason: why it ended. Anything but `EXITED` means that it was killed.
        exit_code: its exit status; None unless `reason` is `EXITED`.
        signal: the signal that ended it; None unless it died of one.
        stdout: bytes, head and tail kept within the soft cap, a marker line between them if some were dropped.
        stderr: likewise.
        stdout_bytes: how many bytes it wrote in all.
        stderr_bytes: likewise.
        background_left: the command ended but left processes of its own behind.
        seconds: wall time inside the box.
    """

    reason: ExecReason
    exit_code: int | None
    stdout: bytes = b""
    stderr: bytes = b""
    signal: int | None = None
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    background_left: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the command ended by itself with status 0."""
        return self.reason is ExecReason.EXITED and self.exit_code == 0

    @property
    def text(self) -> str:
        """Standard output and error as text, undecodable bytes replaced; for people and models."""
        return (self.stdout + self.stderr).decode("utf-8", "replace")


class Health(StrEnum):
    """Whether a box can go on."""

    OK = "ok"
    BROKEN = "broken"
    LOST = "lost"


class ShellSession(Protocol):
    """A bash that stays: directory, variables and background jobs persist from one command to the next."""

    def run(self, command: str, *, timeout_s: float) -> ExecResult:
        """Run one command line. A timeout kills the command and the shell; the next call starts a new shell."""
        ...

    def close(self) -> None:
        """End the shell and everything it left running. Closing twice is harmless."""
        ...


@dataclass(frozen=True)
class Snapshot:
    """A box's files as they were at one moment, for other boxes to start with. Processes are no part of it.

    Attributes:
        backend: name of the backend whose boxes can start with it.
        spec: what those boxes are.
        data: everything in which the box's files differ from its image's, readable to the backend only.
    """

    backend: str
    spec: SandboxSpec
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class ImageSource:
    """A Dockerfile and the files around it: an image of one task's own.

    Attributes:
        name: the image's name, as in `SandboxSpec.image`; begins with `task-` and depends on the files.
        files: bytes and mode by relative path, `Dockerfile` among them.
        why: what the images that there are lack, for people.
        timeout_s: seconds that the build may take.
    """

    name: str
    files: Mapping[str, tuple[bytes, int]] = field(repr=False)
    why: str
    timeout_s: float = 600.0


class Sandbox(Protocol):
    """One box. A context manager; `close` is idempotent and survives Ctrl-C.

    All paths are absolute paths inside the box. `user` is `agent`, `root`, any other name in the box's passwd file, or
    None for the spec's own user.

    Raises:
        SandboxLost: by every method, when the host lost the box.
        SandboxBroken: by every method, when the policy broke it.
    """

    @property
    def spec(self) -> SandboxSpec:
        """What this box was asked to be."""
        ...

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
        """Run one command and return what came of it.

        The environment is a small fixed one (PATH, HOME, LANG, USER, thread caps) updated by `env`. A program that is
        missing, or a directory that is, is exit status 127 or 126 with a message, as a shell would say. `cwd` may be
        relative to the workdir, which it is by default. `stdin` may be half of the box's memory, 64 MiB at most.
        """
        ...

    def read(self, path: str, *, max_bytes: int, user: str | None = None) -> bytes:
        """Return a regular file's bytes.

        Raises:
            PathError: it is missing, unreadable to the user, not a regular file, or over `max_bytes` or a quarter of
                the box's memory.
        """
        ...

    def write(self, path: str, data: bytes, *, mode: int = 0o644, user: str | None = None) -> None:
        """Write a regular file as the user, making parent directories; never follows a symlink at `path` itself.

        Raises:
            PathError: it cannot be written there (permission, special file, no space).
        """
        ...

    def put_tree(self, files: Mapping[str, bytes], root: str, *, user: str | None = None) -> None:
        """Write many files below `root`; keys are relative paths, without `..`.

        They may be half of the box's memory, 64 MiB at most.
        """
        ...

    def get_tree(
        self, paths: Sequence[str], *, max_bytes: int, max_files: int, user: str | None = None
    ) -> dict[str, bytes]:
        """Return the regular files at or below absolute `paths` that the user may read, keyed by absolute path.

        Missing paths and everything that is not a regular file (symlinks, FIFOs, devices) are left out.

        Raises:
            PathError: more than `max_files` files, or bytes in all than `max_bytes` or a quarter of the box's memory.
        """
        ...

    def session(self) -> ShellSession:
        """Open a persistent shell as the spec's user, in the spec's workdir."""
        ...

    def changes(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return what at or below absolute `paths` was changed since the box was made; at most 1,000 paths.

        A folder is among them where something in it was added or removed. The box's agent says so, by the time of the
        last change, which nobody in a box can set; what was changed back is changed.
        """
        ...

    def snapshot(self, *, only: Sequence[str] | None = None, without: Sequence[str] = ()) -> Snapshot:
        """Keep the box's files as they are now for other boxes to start with.

        They may be 20,000 files, and 60 MiB or a quarter of the box's memory, whichever is less.

        Args:
            only: absolute paths; what is neither at nor below one of them is left out.
            without: absolute paths; what is at or below one of them is left out.

        Raises:
            PathError: there is more than a snapshot may hold, or a folder above one of `without` was replaced.
        """
        ...

    def lay(self, snapshot: Snapshot) -> None:
        """Lay a snapshot's files over those that are there, making the folders above them.

        Raises:
            UsageError: the snapshot is of another backend or spec.
            PathError: a file cannot be made.
        """
        ...

    def reset(self, to: Snapshot | None = None) -> None:
        """Make the box as good as new: every process gone, every file as in the image or, if given, the snapshot."""
        ...

    def health(self) -> Health:
        """Say whether the box can go on, without raising."""
        ...

    def close(self) -> None:
        """End every process of the box and give everything back. Closing twice is harmless."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True)
class BoxInfo:
    """One box on this machine, as its backend has it on record.

    Attributes:
        name: what the host calls it.
        backend: the backend's name.
        owner_pid: process id of its owner; None if the record does not say.
        owner_lives: whether the owner runs; None if that cannot be seen from here.
        lease_until: Unix time until which an owner out of sight counts as alive; None for an owner in sight.
        started_at: Unix time of its start, None if unknown.
        image: the image that it was made from, None if unknown.
    """

    name: str
    backend: str
    owner_pid: int | None
    owner_lives: bool | None
    lease_until: float | None = None
    started_at: float | None = None
    image: str | None = None

    @property
    def stray(self) -> bool:
        """Whether nobody owns it any more, so that `reap` removes it."""
        if self.owner_lives is not None:
            return not self.owner_lives
        return self.lease_until is None or time.time() >= self.lease_until


@dataclass(frozen=True)
class ReapReport:
    """What `reap` found and removed."""

    removed: Sequence[str] = field(default_factory=tuple)
    kept: Sequence[str] = field(default_factory=tuple)


class SandboxBackend(Protocol):
    """Where boxes come from."""

    name: str

    def capabilities(self) -> Capabilities:
        """Say, control by control, what can be enforced on this machine.

        Raises:
            BackendUnavailable: the engine or program does not answer.
        """
        ...

    def preflight(self, spec: SandboxSpec) -> None:
        """Fail closed, before the first episode, if boxes of this spec cannot be had here.

        Raises:
            BackendUnavailable: the engine or program does not answer.
            ImageNotFound: the image is missing; the message holds the command that makes it.
            PolicyUnenforceable: a required control is not enforced here.
        """
        ...

    def acquire(self, spec: SandboxSpec, *, start: Snapshot | None = None) -> Sandbox:
        """Open a fresh box, with the image's files or a snapshot's. A box is handed out once.

        Raises:
            UsageError: the snapshot is of another backend or spec, or a capability is asked for that no box may have.
            ImageNotFound: the image is missing.
            PolicyUnenforceable: a required control is not enforced here.
            BackendUnavailable: the engine or program does not answer.
            SandboxLost: the box died while it was being made.
        """
        ...

    def has_image(self, name: str) -> bool:
        """Say whether boxes of an image can be made without building it first.

        Raises:
            BackendUnavailable: the engine or program does not answer.
        """
        ...

    def make_image(self, source: ImageSource) -> None:
        """Build an image, unless it is there.

        Raises:
            ImageNotFound: this backend builds none, or the build failed; says why and what to do.
            BackendUnavailable: the engine or program does not answer.
        """
        ...

    def keep_ready(self, boxes: int) -> None:
        """From now on have so many boxes of each spec that is asked for made ahead; a backend may know better."""
        ...

    def boxes(self) -> Sequence[BoxInfo]:
        """Return every box of this backend on this machine, whoever owns it, and remove none.

        Raises:
            BackendUnavailable: the engine or program does not answer.
        """
        ...

    def reap(self) -> ReapReport:
        """Remove the boxes that are strays: those of owners told dead by boot id, process id and start time."""
        ...

    def close(self) -> None:
        """Close every box this backend still has open. Closing twice is harmless."""
        ...
