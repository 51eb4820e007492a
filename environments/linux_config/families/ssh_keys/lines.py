"""The lines of an authorized_keys file (sshd(8)), read outside the box."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TYPES = re.compile(r"(ssh|ecdsa-sha2|sk-ssh|sk-ecdsa-sha2)-\S+")
OPTION = re.compile(r'((?:[^",\s]|"(?:\\.|[^"\\])*")+)(,|\s+|$)')
FREED = {"port-forwarding", "agent-forwarding", "x11-forwarding", "pty"}
TAKEN = {f"no-{name}" for name in FREED}
# Beside the options that take something away; where ports are not forwarded, it does not matter where to.
ALLOWED = TAKEN | {"restrict", "no-user-rc", "permitopen", "permitlisten"}


class Line(NamedTuple):
    """One key: its options in lower case up to their `=`, its type, and what is between it and the comment."""

    options: tuple[str, ...]
    type: str
    blob: str

    @property
    def restricted(self) -> bool:
        """Whether nothing is forwarded for this key, and it gets no terminal."""
        names = {option.partition("=")[0] for option in self.options}
        return ("restrict" in names and not names & FREED) or (names >= TAKEN and not names & FREED)

    def only(self, command: str, address: str) -> bool:
        """Whether the key is good for one program only, from one address if there is one, and restricted."""
        given = {name: value for name, equals, value in map(lambda one: one.partition("="), self.options) if equals}
        wanted = {"command", "from"} if address else {"command"}
        if not self.restricted or not wanted <= {one.partition("=")[0] for one in self.options} <= wanted | ALLOWED:
            return False
        program = re.fullmatch(rf"(exec\s+)?(['\"]?){re.escape(command)}\2", _unquoted(given["command"]).strip())
        sources = {one.strip() for one in _unquoted(given.get("from", "")).split(",")} - {"!*", ""}
        return bool(program) and sources <= {address, f"{address}/32"}


def _unquoted(value: str) -> str:
    return re.sub(r'\\"', '"', value.removeprefix('"').removesuffix('"'))


def names_only(patterns: str, hosts: Sequence[str]) -> bool:
    """Whether the first field of a line of known_hosts, hashed or not, names no hosts but these."""
    return all(any(_is_host(pattern, host) for host in hosts) for pattern in patterns.split(","))


def _is_host(pattern: str, host: str) -> bool:
    if not pattern.startswith("|1|"):
        return pattern.lower() in (host, f"[{host}]:22")
    salt, _, digest = pattern[3:].partition("|")
    try:
        wanted = hmac.new(base64.b64decode(salt), host.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(base64.b64decode(digest), wanted)
    except (binascii.Error, ValueError):
        return False


def read_lines(text: str) -> list[Line]:
    """Return the keys of a file. A line that is neither a key nor empty nor a comment counts as a key of no type."""
    return list(_read(text))


def _read(text: str) -> Iterator[Line]:
    for raw in text.split("\n"):
        line = raw.strip(" \t\r")
        if not line or line.startswith("#"):
            continue
        options, rest = ("", line) if TYPES.match(line) else _take_options(line)
        words = rest.split()
        known = len(words) > 1 and TYPES.fullmatch(words[0])
        yield Line(_names(options), words[0] if known else "", words[1] if known else rest)


def _take_options(line: str) -> tuple[str, str]:
    """Return the options of a line and what comes after them: they end at the first blank outside quotes."""
    end = 0
    while match := OPTION.match(line, end):
        end = match.end()
        if match[2] != ",":
            break
    return line[:end].strip(), line[end:]


def _names(options: str) -> tuple[str, ...]:
    found = [match[1] for match in OPTION.finditer(options)]
    return tuple(sorted(name.lower() + equals + value for name, equals, value in (one.partition("=") for one in found)))
