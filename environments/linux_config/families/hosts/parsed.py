"""What the files say, as the C library reads them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

Pairs = dict[str, set[str]]


def hosts(text: str) -> Pairs:
    """Return the addresses of each name in a hosts file, of whatever family."""
    found: Pairs = {}
    for address, *names in _lines(text):
        for name in names:
            found.setdefault(name.lower(), set()).add(_normal(address))
    return found


def services(text: str) -> Pairs:
    """Return the ports, as `number/protocol`, of each name in a file of services."""
    found: Pairs = {}
    for name, *rest in _lines(text):
        for each in (name, *rest[1:]):
            found.setdefault(each, set()).update(rest[:1])
    return found


def sources(text: str) -> dict[str, list[str]]:
    """Return the sources of each database in nsswitch.conf, and the actions between them."""
    found = {}
    for line in text.split("\n"):
        database, _, words = line.partition("#")[0].partition(":")
        if database.strip():
            found[database.strip()] = re.findall(r"\[[^\]]*\]|[^\s\[]+", words.lower())
    return found


def resolver(text: str) -> dict[str, list[str]]:
    """Return the nameservers in resolv.conf, and the domains by which its last `search` or `domain` completes names."""
    servers: list[str] = []
    search: list[str] = []
    for line in text.split("\n"):
        keyword, *words = re.split(r"[ \t]+", line.strip(" \t\r")) if line[:1] not in ("#", ";") else ("",)
        if keyword == "nameserver":
            servers += words[:1]
        elif keyword in ("search", "domain"):
            search = [word.lower().rstrip(".") for word in (words if keyword == "search" else words[:1])]
    return {"nameserver": list(dict.fromkeys(servers)), "search": search}


def _lines(text: str) -> Iterator[list[str]]:
    for line in text.split("\n"):
        if words := line.partition("#")[0].split():
            yield words


def _normal(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address
