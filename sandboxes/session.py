"""A persistent shell in a box."""

from __future__ import annotations

import logging
import threading
from secrets import token_hex
from typing import TYPE_CHECKING

from agentgym.errors import SandboxBroken, SandboxLost, UsageError
from agentgym.sandbox import ExecResult

if TYPE_CHECKING:
    from agentgym.sandboxes.box import Box

log = logging.getLogger(__name__)

GRACE_S = 20.0


class ChannelSession:
    """A `ShellSession` kept by the in-box agent. Its shell starts with the first command."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._id = ""
        self._closed = False
        self._generation: int | None = None
        self._lock = threading.Lock()

    def run(self, command: str, *, timeout_s: float) -> ExecResult:
        """Run one command line; one at a time. A timeout kills the shell, and the next call starts a new one."""
        if self._closed:
            raise UsageError("this session is closed: open another with box.session()")
        if "\0" in command:
            raise UsageError("a shell command cannot hold NUL")
        with self._lock:
            # A box that was reset has forgotten its sessions.
            if self._generation != self._box._generation:
                self._id, self._generation = token_hex(8), self._box._generation
                opening = {"session": self._id, "user": self._box.spec.user}
                self._box._call("session", opening, timeout_s=GRACE_S)
            fields = {"session": self._id, "command": command, "timeout_s": timeout_s}
            return self._box._run("run", fields, b"", timeout_s)

    def close(self) -> None:
        """End the shell and everything it left running. Closing twice is harmless."""
        with self._lock:
            self._closed = True
            mine, self._generation = self._generation == self._box._generation, None
            if not mine or self._box._closed or self._box._broken:
                return
            try:
                self._box._call("end", {"session": self._id}, timeout_s=GRACE_S)
            except (SandboxBroken, SandboxLost) as error:
                log.info("box %s went before its session did: %s", self._box.name, error)
