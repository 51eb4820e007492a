"""Start a service in the grading box, wait until it answers, and end it with all that it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import people  # type: ignore[import-not-found,unused-ignore]

READY_S = 5.0
LOG_BYTES = 4000


class Daemon:
    """A service in the foreground, in a process group of its own.

    Attributes:
        pid: of the process that was started.
        ready: whether it answered in time.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: str) -> None:
        self.process, self.pid, self._log = process, process.pid, log
        self.ready = False

    @property
    def running(self) -> bool:
        """Whether the process that was started is alive."""
        return self.process.poll() is None

    def said(self) -> str:
        """Return the last of what it wrote."""
        with open(self._log, "rb") as file:
            return file.read()[-LOG_BYTES:].decode("utf-8", "replace")

    def stop(self) -> None:
        """End it with its whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        people.kill_group(self.pid)
        self.process.wait()


@contextmanager
def running(
    argv: Sequence[str],
    *,
    ports: Sequence[tuple[str, int]] = (),
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    ready_s: float = READY_S,
) -> Iterator[Daemon]:
    """Run a service in the foreground, as the user if one is named, until the block ends.

    Args:
        argv: the program and its arguments; it must stay in the foreground.
        ports: addresses that must accept a connection before the block begins; `ready` says whether all did in time.
        user: who runs it.
        env: its environment.
        ready_s: seconds that it has to answer.
    """
    log = f"/root/checker/daemon-{time.monotonic_ns()}.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=env,
            start_new_session=True,
            preexec_fn=(lambda: people.become(user)) if user else None,
        )
    daemon = Daemon(process, log)
    try:
        deadline = time.monotonic() + ready_s
        waiting = list(ports)
        while waiting and daemon.running and time.monotonic() < deadline:
            waiting = [address for address in waiting if not accepts(address)]
            if waiting:
                time.sleep(0.01)
        daemon.ready = daemon.running and not waiting
        yield daemon
    finally:
        daemon.stop()


def accepts(address: tuple[str, int], timeout_s: float = 1.0) -> bool:
    """Whether somebody accepts connections at an address of this box."""
    try:
        socket.create_connection(address, timeout=timeout_s).close()
    except OSError:
        return False
    return True
