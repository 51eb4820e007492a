"""The service program that tickets start and stop: a vendor's, which must stay byte for byte."""

from __future__ import annotations

_PROGRAM = '''\
#!/usr/bin/python3
"""@name@d: answers each connection with one line about itself. Stays in the foreground.

Settings, from the environment:
  @prefix@_LISTEN    address:port to listen on
  @prefix@_TOKEN     the secret it answers with
  @prefix@_WORKERS   worker processes (0). They do not end with the program: whoever stops it ends them.
  @prefix@_UPSTREAM  address:port of the service behind it, which has to answer at the start, and once more at the end

SIGTERM ends it after it has finished its work, which takes it up to a second.
"""

import json
import os
import signal
import socket
import sys
import time


def say(text):
    print(f"@name@d[{os.getpid()}]: {text}", flush=True)


def setting(key, default=None):
    value = os.environ.get("@prefix@_" + key, default)
    if not value:
        sys.exit(f"@name@d: @prefix@_{key} is not set")
    return value


def ask(address):
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=2) as upstream:
        return json.loads(upstream.makefile().readline())


def finish(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(@linger@)
    try:
        if os.environ.get("@prefix@_UPSTREAM"):
            ask(os.environ["@prefix@_UPSTREAM"])
        say("finished")
    except OSError as error:
        say(f"LOST WORK: {error}")
    os._exit(0)


def main():
    host, _, port = setting("LISTEN").rpartition(":")
    setting("TOKEN")
    behind = None
    if os.environ.get("@prefix@_UPSTREAM"):
        try:
            behind = ask(os.environ["@prefix@_UPSTREAM"])
        except OSError as error:
            sys.exit(f"@name@d: the service behind does not answer: {error}")
        if behind["settings"].get("@behind@_TOKEN") != setting("TOKEN"):
            sys.exit("@name@d: the service behind has another token")
    time.sleep(@warm_up@)
    server = socket.create_server((host, int(port)))
    for _ in range(int(setting("WORKERS", "0"))):
        if os.fork() == 0:
            server.close()
            while True:
                time.sleep(60)
    signal.signal(signal.SIGTERM, finish)
    say("started")
    while True:
        connection, _ = server.accept()
        settings = {key: value for key, value in os.environ.items() if key.startswith("@prefix@_")}
        answer = {"pid": os.getpid(), "settings": settings}
        try:
            connection.sendall(json.dumps(answer).encode() + b"\\n")
        except OSError:
            pass
        connection.close()


main()
'''


def program(name: str, prefix: str, *, linger_s: float = 0.2, warm_up_s: float = 0.0, behind: str = "") -> str:
    """Return the program of a service.

    Args:
        name: of the service.
        prefix: of its environment variables.
        linger_s: seconds from SIGTERM to its end.
        warm_up_s: seconds from its start until it listens.
        behind: prefix of the variables of the service that its upstream is.
    """
    text = _PROGRAM.replace("@name@", name).replace("@prefix@", prefix).replace("@behind@", behind or prefix)
    return text.replace("@linger@", str(linger_s)).replace("@warm_up@", str(warm_up_s))
