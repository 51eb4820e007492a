"""Look names and addresses up as an ordinary user, while nameservers on the loopback answer and note what they hear.

Every lookup is the C library's, in a new process, so that it reads the files as they are.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

SWITCH = "/etc/nsswitch.conf"
TIMEOUT_S = 10.0
MAX_BYTES = 64 << 10
HEADER = struct.Struct("!6H")
A_RECORD, RESPONSE, FAILED, NO_SUCH_NAME = 1, 0x8580, 2, 3
LOOK_UP = """
import grp, json, pwd, socket, sys
def address(name):
    return sorted({found[4][0] for found in socket.getaddrinfo(name, None, socket.AF_INET)})
def reverse(address):
    return socket.gethostbyaddr(address)[0]
def names(address):
    first, others, _ = socket.gethostbyaddr(address)
    return sorted({first, *others})
def canonical(name):
    return socket.gethostbyname_ex(name)[0]
def port(name, protocol):
    return socket.getservbyname(name, protocol)
def service(number, protocol):
    return socket.getservbyport(number, protocol)
def user(name):
    return pwd.getpwnam(name).pw_uid
def group(name):
    return grp.getgrnam(name).gr_gid
asked = {f.__name__: f for f in (address, reverse, names, canonical, port, service, user, group)}
answers = []
for what, *about in json.load(sys.stdin):
    try:
        answers.append(asked[what](*about))
    except (OSError, KeyError, UnicodeError):
        answers.append(None)
json.dump(answers, sys.stdout)
"""


def before(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return where the pristine box looks things up."""
    with open(SWITCH, encoding="utf-8", errors="replace") as file:
        return {SWITCH: file.read(MAX_BYTES)}


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to each question of each view, and the names that the nameservers were asked for."""
    asked: list[tuple[str, str]] = []
    answers = []
    with _nameservers(plan["zones"], asked):
        for view, questions in zip(plan["views"], plan["questions"], strict=True):
            for path, source in view["files"].items():
                _put_in_place(path, source)
            answers.append(_look_up(questions))
    return {"answers": answers, "asked": sorted(set(asked))}


def _look_up(questions: list[list[Any]]) -> list[Any]:
    status, said = people.run(
        ["/usr/bin/python3", "-I", "-S", "-c", LOOK_UP],
        timeout_s=TIMEOUT_S,
        user="daemon",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        stdin=json.dumps(questions).encode(),
        keep=MAX_BYTES,
    )
    if status != 0:
        return [f"no answer, status {status}: {said[-200:]}"] * len(questions)
    answers: list[Any] = json.loads(said)
    return answers


def _put_in_place(path: str, source: str) -> None:
    """Make a file what another one says, or empty where there is none, in place: it may be a mount."""
    data = b""
    if os.path.isfile(source):
        with open(source, "rb") as file:
            data = file.read(MAX_BYTES)
    with open(path, "wb") as file:
        file.write(data)


@contextmanager
def _nameservers(zones: Mapping[str, Mapping[str, str]], asked: list[tuple[str, str]]) -> Iterator[None]:
    """Answer at port 53 of each address from its zone, until the block ends."""
    sockets = []
    for address, zone in zones.items():
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, 53))
        sockets.append(server)
        threading.Thread(target=_serve, args=(server, address, zone, asked), daemon=True).start()
    yield
    for server in sockets:
        server.close()


def _serve(server: socket.socket, address: str, zone: Mapping[str, str], asked: list[tuple[str, str]]) -> None:
    while True:
        try:
            query, peer = server.recvfrom(4096)
            name, after = _name(query)
            asked.append((address, name))
            server.sendto(_answer(query, after, zone.get(name)), peer)
        except OSError:
            return
        except (struct.error, IndexError):
            continue


def _name(query: bytes) -> tuple[str, int]:
    """Return the name that is asked for, and where in the query it ends (RFC 1035)."""
    labels, place = [], HEADER.size
    while query[place]:
        labels.append(query[place + 1 : place + 1 + query[place]].decode("ascii", "replace"))
        place += 1 + query[place]
    return ".".join(labels).lower(), place + 1


def _answer(query: bytes, after: int, found: str | None) -> bytes:
    """Return a reply with the address that was found for the name, if the query is for an address."""
    number, question = HEADER.unpack_from(query)[0], query[HEADER.size : after + 4]
    is_address = struct.unpack_from("!H", query, after)[0] == A_RECORD
    code = {None: NO_SUCH_NAME, "failure": FAILED}.get(found, 0)
    answers = found is not None and not code and is_address
    reply = HEADER.pack(number, RESPONSE | code, 1, int(answers), 0, 0) + question
    if answers and found:
        reply += b"\xc0\x0c" + struct.pack("!HHIH", A_RECORD, 1, 60, 4) + socket.inet_aton(found)
    return reply
