"""What the backends share: boxes counted, made ready ahead, held to what the machine can take, and closed with them."""

from __future__ import annotations

import abc
import atexit
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

from agentgym.errors import ImageNotFound, PolicyUnenforceable, UsageError, unknown
from agentgym.sandbox import BoxInfo, Capabilities, ImageSource, ReapReport, SandboxSpec, Snapshot
from agentgym.sandboxes.box import Box, check_snapshot
from agentgym.sandboxes.boxd import CAPABILITY_NAMES
from agentgym.sandboxes.gate import Gate
from agentgym.sandboxes.pool import WarmPool
from agentgym.sandboxes.vessel import Vessel

GRANTABLE_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "DAC_READ_SEARCH",
        "FOWNER",
        "FSETID",
        "IPC_OWNER",
        "KILL",
        "LEASE",
        "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
        "SYS_NICE",
    }
)
COMMANDS_PER_CORE, MOST_COMMANDS = 32, 512


class VesselBackend(abc.ABC):
    """A `SandboxBackend` whose boxes are vessels. A backend says how one is made (`_make`) and found again (`_found`).

    Args:
        warm: vessels kept ready for each of the last specs asked for; 0 makes each when it is asked for.
        makers: how many of them are made at once.
        starts: how many vessels may be starting at once on this machine.
        state: returns the folder that the processes of one user share.
    """

    name: str

    def __init__(self, *, warm: int, makers: int, starts: int, state: Callable[[], Path]) -> None:
        self._lock = threading.Lock()
        self._vessels: set[Vessel] = set()
        self._admitted: set[SandboxSpec] = set()
        self._closed = False
        self._owner = os.getpid()
        cores = os.cpu_count() or 1
        self._starts = Gate(state, "start", starts)
        self._commands = Gate(state, "command", min(MOST_COMMANDS, COMMANDS_PER_CORE * cores))
        self._pool = WarmPool(self._open_ahead, size=warm, makers=makers, name=f"{self.name}-warm")
        atexit.register(_close_if_alive, weakref.ref(self))

    @abc.abstractmethod
    def _make(self, spec: SandboxSpec) -> Vessel:
        """Return a vessel that is not open yet.

        Raises:
            BackendUnavailable: the engine or program does not answer.
            ImageNotFound: the image is missing.
        """

    @abc.abstractmethod
    def capabilities(self) -> Capabilities:
        """Say, control by control, what can be enforced on this machine."""

    def _capabilities_for(self, spec: SandboxSpec) -> Capabilities:
        """Say what can be enforced for boxes of one spec."""
        return self.capabilities()

    @abc.abstractmethod
    def _found(self) -> Iterator[tuple[BoxInfo, Callable[[], bool]]]:
        """Yield every box on this machine, and what removes it and says whether it is gone.

        Raises:
            BackendUnavailable: the engine or program does not answer.
        """

    def acquire(self, spec: SandboxSpec, *, start: Snapshot | None = None) -> Box:
        """Open a fresh box, or hand out one that was made ready."""
        self._admit(spec)
        if start is not None:
            check_snapshot(start, self.name, spec)
        box = Box(
            self._fresh(spec),
            backend=self.name,
            fresh=self._fresh,
            commands=self._commands,
            is_open=lambda: not self._closed,
        )
        if start is not None:
            try:
                box.lay(start)
            except BaseException:
                box.close()
                raise
        return box

    def make_image(self, source: ImageSource) -> None:
        """Refuse: a backend that builds images says so by a method of its own."""
        raise ImageNotFound(
            f"{source.why}; the {self.name} backend builds no images, and a Docker engine does: choose it, as with "
            "`--sandbox docker`"
        )

    def keep_ready(self, boxes: int) -> None:
        """From now on have so many boxes of each of the last specs asked for made ahead."""
        if boxes < 0:
            raise UsageError(f"0 boxes or more can be kept ready, not {boxes}")
        self._pool.resize(boxes)

    def _admit(self, spec: SandboxSpec) -> None:
        """Refuse a spec that no box may have, or that this machine cannot hold a box to; asked once for each."""
        self._require_open()
        if not isinstance(spec, SandboxSpec):
            raise UsageError(f"a box is asked for with a SandboxSpec, not {type(spec).__name__}")
        if spec not in self._admitted:
            check_capabilities(spec)
            if missing := self._capabilities_for(spec).missing(spec.required):
                raise PolicyUnenforceable("\n".join(missing))
            self._admitted.add(spec)

    def make_ready(self, spec: SandboxSpec, *, timeout_s: float = 60.0) -> bool:
        """Wait until as many boxes of a spec are ready as this backend keeps; return whether they are."""
        self._admit(spec)
        return self._pool.fill(spec, timeout_s=timeout_s)

    def boxes(self) -> Sequence[BoxInfo]:
        """Return every box of this backend on this machine, and remove none."""
        return [box for box, _ in self._found()]

    def reap(self) -> ReapReport:
        """Remove what boxes of dead owners left behind."""
        removed, kept = [], []
        for box, remove in self._found():
            if not box.stray:
                kept.append(box.name)
            elif remove():
                removed.append(box.name)
        return ReapReport(tuple(removed), tuple(kept))

    def close(self) -> None:
        """Close every box this backend still has open. Closing twice is harmless."""
        self._closed = True
        self._pool.close()
        with self._lock:
            vessels = list(self._vessels)
        for vessel in vessels:
            vessel.close()
        for gate in (self._starts, self._commands):
            gate.close()

    def __deepcopy__(self, memo: object) -> Self:
        # Gymnasium copies the arguments of `make` deeply; a backend among them is still the caller's one.
        return self

    def _require_open(self) -> None:
        if self._closed:
            raise UsageError(f"the {self.name} backend is closed")
        if self._owner != os.getpid():
            raise UsageError(f"this {self.name} backend is another process's: make one of your own after a fork")

    def _fresh(self, spec: SandboxSpec) -> Vessel:
        self._require_open()
        return self._pool.take(spec) or self._open(spec)

    def _open(self, spec: SandboxSpec) -> Vessel:
        self._require_open()
        vessel = self._make(spec)
        vessel.on_close = self._forget
        try:
            with self._starts:
                with self._lock:
                    self._vessels.add(vessel)
                vessel.open()
            self._require_open()
            return vessel
        except BaseException:
            vessel.close()
            raise

    def _open_ahead(self, spec: SandboxSpec) -> Vessel:
        vessel = self._open(spec)
        try:
            vessel.rehearse()
        except BaseException:
            vessel.close()
            raise
        return vessel

    def _forget(self, vessel: Vessel) -> None:
        with self._lock:
            self._vessels.discard(vessel)


def check_capabilities(spec: SandboxSpec) -> None:
    """Raise `UsageError` if a spec asks for a capability that no box may have."""
    names = sorted(set(spec.linux_capabilities) - GRANTABLE_CAPABILITIES)
    faults = [
        f"no box may have the capability {name}"
        if name in CAPABILITY_NAMES
        else unknown("capability", name, sorted(GRANTABLE_CAPABILITIES))
        for name in names
    ]
    if faults:
        raise UsageError("\n".join(faults))


def _close_if_alive(reference: weakref.ref[VesselBackend]) -> None:
    backend = reference()
    # A forked child runs this too, and must leave its parent's boxes alone.
    if backend is not None and backend._owner == os.getpid():
        backend.close()
