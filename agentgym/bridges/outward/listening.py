"""A server of ours on this machine: its address is known before it answers, and it ends well when it is told to."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from agentgym.command_line import signals_interrupt
from agentgym.errors import BackendUnavailable

GRACE_S = 10
BACKLOG = 128


class Listening:
    """A port that is bound, and the server that answers on it."""

    def __init__(self, app: Any, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind the port; nothing is answered before `run`.

        Args:
            app: an ASGI application.
            host: where to listen.
            port: 0 takes a free one.

        Raises:
            BackendUnavailable: the address cannot be had.
        """
        self._socket = _bound(host, port)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE_S, ws="websockets-sansio")
        )

    def run(self, say: Callable[[str], None]) -> None:
        """Answer until `end` is called, or the process is told to end; then let what is going on finish.

        Args:
            say: told the address, once.
        """
        say(self.url)
        with signals_interrupt():
            try:
                self._server.run(sockets=[self._socket])
            except KeyboardInterrupt:
                pass  # the server has shut down by then, and was told to
            finally:
                self._socket.close()

    def end(self) -> None:
        """Have `run` return; from any thread."""
        self._server.should_exit = True


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)  # whoever connects before the server runs waits for it
    except (OSError, OverflowError) as error:
        bound.close()
        raise BackendUnavailable(f"cannot listen on {host}, port {port}: {error}. Choose another.") from error
    return bound
