"""Start nginx from what was carried, with fresh content and recording backends, and ask it for things."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import re
import secrets
import select
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any

import daemons  # type: ignore[import-not-found,unused-ignore]
import people  # type: ignore[import-not-found,unused-ignore]

NGINX = "/usr/sbin/nginx"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
TIMEOUT_S = 8.0
# All requests together: a configuration that lets them hang must not outlast the checker.
ASKING_S = 25.0
SETTLES_S = 1.5
REFUSES_EARLY_S = 0.15
MAX_BODY = 64 << 10
MAX_HITS = 40
MAX_DUMP = 256 << 10
MAX_WAYS = 400
PLACE = re.compile(r"\blocation\s+(?:[=~^*]+\s*)?[\"']?\^?(/[\w./-]*)")
SERVER_NAMES = re.compile(r"\bserver_name\s+([^;{}]*);")


def before(plan: Mapping[str, Any]) -> None:
    """Nothing of the pristine box is compared."""


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether each configuration is accepted and served by nginx's workers, and what became of each request."""
    _fill(plan)
    tests = [_test(host["conf"]) for host in plan["hosts"]]
    dumps = [_dump(host["conf"]) for host in plan["hosts"]]
    with ExitStack() as stack:
        started = [stack.enter_context(_serving(host)) for host in plan["hosts"]]
        answers = []
        deadline = time.monotonic() + ASKING_S
        for up, requests in groupby(plan["requests"], key=lambda request: request["up"]):
            with _backends(plan["backends"], up) as hits:
                answers += [_ask(request, hits, plan["token"], deadline) for request in requests]
        guarded = [_look_around(guard, dumps, plan["token"], deadline) for guard in plan["guards"]]
        processes = [_settled(daemon.pid) for daemon in started]
        alive = [daemon.running for daemon in started]
    return {
        "tests": tests,
        "processes": processes,
        "alive": alive,
        "answers": answers,
        "dumps": dumps,
        "guarded": guarded,
    }


def _fill(plan: Mapping[str, Any]) -> None:
    """Give the web roots content that nobody has seen; a path may hold a random word."""
    word, content = plan["token"][:8], plan["token"][8:]
    for item in plan["files"]:
        path = item["path"].replace("{word}", word)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with suppress(FileNotFoundError):
            os.unlink(path)
        if item["link"]:
            os.symlink(item["link"].replace("{word}", word), path)
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"content of {path}: {content}\n")
        os.chmod(path, 0o644)


def _test(conf: str) -> dict[str, Any]:
    status, said = people.run([NGINX, "-t", "-c", conf], timeout_s=TIMEOUT_S, env=ENVIRONMENT)
    return {"status": status, "said": said[-600:]}


def _dump(conf: str) -> str:
    """Return all that nginx reads of a configuration, as it prints it."""
    argv = [NGINX, "-T", "-q", "-c", conf]
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            env=ENVIRONMENT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout[: MAX_DUMP + 1].decode("utf-8", "replace")


def _look_around(guard: Mapping[str, Any], dumps: Sequence[str], token: str, deadline: float) -> dict[str, Any]:
    """Ask for pages at every location, and by every name, that the configurations have; return what was answered."""
    places = {"/", *(place for dump in dumps for place in PLACE.findall(dump))}
    names = {name for dump in dumps for words in SERVER_NAMES.findall(dump) for name in words.split()}
    names = {guard["host"], *(name for name in names if name.strip("_") and not set(name) & set("~*$\"'"))}
    ways = [
        {**guard, "host": name, "path": f"{place.rstrip('/')}/{page}"}
        for name in sorted(names)
        for place in sorted(places)
        for page in guard["pages"]
    ]
    found = []
    for way in ways[:MAX_WAYS]:
        answer = _ask(way, [], token, deadline)[0]
        found.append({"host": way["host"], "path": way["path"], "body": answer["body"][:2000]})
    return {"answers": found, "all": len(ways) <= MAX_WAYS and time.monotonic() < deadline}


@contextmanager
def _serving(host: Mapping[str, Any]) -> Iterator[Any]:
    argv = [NGINX, "-c", host["conf"], "-g", "daemon off;"]
    ports = [tuple(port) for port in host["ports"]]
    with daemons.running(argv, ports=ports, env=ENVIRONMENT, ready_s=TIMEOUT_S) as daemon:
        yield daemon


def _settled(master: int) -> dict[str, Any]:
    """Return the processes of a master when its children have become who they shall be, or time is up."""
    deadline = time.monotonic() + SETTLES_S
    while True:
        found = _processes(master)
        if (found["users"] and "root" not in found["users"]) or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def _processes(master: int) -> dict[str, Any]:
    """Return the program of the master and the users of its children."""
    try:
        program = os.readlink(f"/proc/{master}/exe")
        with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as file:
            children = file.read().split()
    except OSError:
        return {"program": "", "users": []}
    users = set()
    for child in children:
        with suppress(OSError, KeyError):
            users.add(_user(child))
    return {"program": program, "users": sorted(users)}


def _user(process: str) -> str:
    """Return who a process is. The folder in /proc belongs to root where a process was another user once."""
    with open(f"/proc/{process}/status", encoding="ascii", errors="replace") as file:
        uids = next(line.split()[1:] for line in file if line.startswith("Uid:"))
    return pwd.getpwuid(int(uids[0])).pw_name if len(set(uids)) == 1 else "several"


class _Backend(ThreadingHTTPServer):
    """An application that remembers what reached it and answers with something random."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, name: str, address: tuple[str, int], hits: list[dict[str, Any]]) -> None:
        self.app, self.hits = name, hits
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = TIMEOUT_S

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        size, left = int(self.headers.get("Content-Length") or 0), 0
        while left < size and (part := self.rfile.read(min(1 << 20, size - left))):
            left += len(part)
        reply = secrets.token_hex(8)
        assert isinstance(self.server, _Backend)
        headers = {name.lower(): value for name, value in self.headers.items()}
        hit = {"backend": self.server.app, "target": self.path, "headers": headers, "size": left, "reply": reply}
        if len(self.server.hits) < MAX_HITS:
            self.server.hits.append(hit)
        body = json.dumps({"reply": reply}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer


@contextmanager
def _backends(backends: Sequence[Mapping[str, Any]], up: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    """Run those of the applications that are up; yield the list of what reaches them."""
    hits: list[dict[str, Any]] = []
    servers = [_Backend(b["name"], (b["address"], b["port"]), hits) for b in backends if b["name"] in up]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield hits
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _ask(request: Mapping[str, Any], hits: list[dict[str, Any]], token: str, deadline: float) -> list[dict[str, Any]]:
    """Send a request so many times over one connection; return the answers, and what reached the applications."""
    source = (request["source"], 0) if request["source"] else None
    connection = http.client.HTTPConnection(
        request["address"], request["port"], timeout=TIMEOUT_S, source_address=source
    )
    answers = []
    for _ in range(request["times"]):
        hits.clear()
        try:
            if time.monotonic() > deadline:
                raise TimeoutError("the requests before it took too long")
            answer = _exchange(connection, request, token[:8])
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            answer = {"status": 0, "headers": {}, "body": f"{type(error).__name__}: {error}"}
        answers.append(answer | {"hits": list(hits)})
    connection.close()
    return answers


def _exchange(connection: http.client.HTTPConnection, request: Mapping[str, Any], word: str) -> dict[str, Any]:
    connection.putrequest(
        request["method"], request["path"].replace("{word}", word), skip_host=True, skip_accept_encoding=True
    )
    for name, value in {"Host": request["host"], **request["headers"]}.items():
        connection.putheader(name, value)
    if request["size"]:
        connection.putheader("Content-Length", str(request["size"]))
    connection.endheaders()
    if request["size"] and not _has_answer(connection.sock):
        connection.send(b"x" * request["size"])
    response = connection.getresponse()
    body = response.read(MAX_BODY).decode("utf-8", "replace")
    if request["size"]:
        connection.close()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return {"status": response.status, "headers": headers, "body": body}


def _has_answer(sock: socket.socket) -> bool:
    """Whether the server answers before it has the body, as it does where the body would be too large."""
    return bool(select.select([sock], [], [], REFUSES_EARLY_S)[0])
