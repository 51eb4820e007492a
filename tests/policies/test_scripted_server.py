"""The server without a model, which tests and benchmarks ask, leaves nothing behind for whoever comes next."""

import gc
import socket
import warnings
from contextlib import suppress
from urllib.parse import urlsplit

from scripted_server import ScriptedServer

ROUNDS, CLIENTS = 20, 8


def test_connections_that_come_as_it_ends_are_closed() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(ROUNDS):
            clients = [socket.socket() for _ in range(CLIENTS)]
            with ScriptedServer() as server:
                address = ("127.0.0.1", urlsplit(server.url).port)
                for client in clients:
                    client.setblocking(False)
                    with suppress(BlockingIOError):
                        client.connect(address)
            for client in clients:
                client.close()
        gc.collect()
    assert [str(one.message) for one in told] == []
