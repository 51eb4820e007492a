"""A backend that knows which of its boxes are open, and that can lose them all at one chosen moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from agentgym.env import AgentEnv
from agentgym.errors import SandboxLost
from agentgym.sandbox import Sandbox, SandboxBackend, SandboxSpec, Snapshot

OPERATIONS = ("exec", "read", "write", "put_tree", "get_tree", "session", "changes", "snapshot", "lay", "reset")
# The parts of an episode in which boxes are used; three of them are methods of the environment.
PREPARE, TOOL, COLLECT, VERIFY = PHASES = ("prepare", "a tool call", "collect", "verify")
METHODS = (PREPARE, COLLECT, VERIFY)


class LostOnPurpose(SandboxLost):
    """A check has lost a box on purpose."""


class WatchedBackend:
    """Stands before a backend, which is opened when something is asked of it."""

    def __init__(self, open_inner: Callable[[], SandboxBackend], *, owned: bool) -> None:
        """Stand before a backend; `close` closes it only if it is `owned`."""
        self._open_inner, self._owned = open_inner, owned
        self._inner: SandboxBackend | None = None
        self._lock = threading.Lock()
        self._open: set[WatchedBox] = set()
        self._lose_at: tuple[str, int] | None = None
        self._lost = False
        self.phase = TOOL
        self.seen: list[str] = []

    @property
    def inner(self) -> SandboxBackend:
        """The backend itself."""
        if self._inner is None:
            self._inner = self._open_inner()
        return self._inner

    @property
    def boxes_open(self) -> int:
        """How many boxes were handed out and are not closed."""
        return len(self._open)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def acquire(self, spec: SandboxSpec, *, start: Snapshot | None = None) -> Sandbox:
        """Open a box that is watched."""
        self.pass_by()
        box = WatchedBox(self, self.inner.acquire(spec, start=start))
        self._open.add(box)
        return cast("Sandbox", box)

    def close(self) -> None:
        """Close the backend, if it is owned."""
        if self._owned and self._inner is not None:
            self._inner.close()
            self._inner = None

    def forget(self, box: WatchedBox) -> None:
        """Count a box as closed."""
        self._open.discard(box)

    def pass_by(self) -> None:
        """Note that something is about to be asked of a box, and lose all boxes if this is the moment."""
        with self._lock:
            if self._lose_at == (self.phase, self.seen.count(self.phase)):
                self._lost = True
            if self._lost:
                raise LostOnPurpose("the check has lost this box on purpose")
            self.seen.append(self.phase)

    @contextmanager
    def watching(self, env: AgentEnv, *, lose_at: tuple[str, int] | None = None) -> Iterator[None]:
        """Note in which part of an environment's episodes each use of a box falls.

        Args:
            env: the environment.
            lose_at: a phase, and which of its uses of boxes, from 0, is the one at which all of them are lost.
        """
        self.seen, self._lose_at, self._lost = [], lose_at, False
        before = {name: vars(env)[name] for name in METHODS if name in vars(env)}
        for name in METHODS:
            vars(env)[name] = self._within(name, getattr(env, name))
        try:
            yield
        finally:
            for name in METHODS:
                del vars(env)[name]
            vars(env).update(before)
            self._lose_at, self._lost = None, False

    def _within(self, phase: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def within(*arguments: Any, **options: Any) -> Any:
            outside, self.phase = self.phase, phase
            try:
                return method(*arguments, **options)
            finally:
                self.phase = outside

        return within


class WatchedBox:
    """Stands before a box, or before a shell in one."""

    def __init__(self, backend: WatchedBackend, inner: Any, operations: tuple[str, ...] = OPERATIONS) -> None:
        """Stand before a box; each of the `operations` is noted."""
        self._backend, self._inner, self._operations = backend, inner, operations

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._operations:
            return found

        def noted(*arguments: Any, **options: Any) -> Any:
            self._backend.pass_by()
            result = found(*arguments, **options)
            return WatchedBox(self._backend, result, ("run",)) if name == "session" else result

        return noted

    def __enter__(self) -> WatchedBox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the box."""
        with suppress(SandboxLost):
            self._inner.close()
        self._backend.forget(self)
