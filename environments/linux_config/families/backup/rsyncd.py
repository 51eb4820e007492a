"""What an rsync daemon's configuration lets in: its modules, and the addresses, users and passwords of each."""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from agentgym.environments.linux_config.families.base import Claims

Settings = dict[str, str]
EVERYBODY = {"*", "0.0.0.0/0", "0/0"}
TRUE = {"yes", "true", "1"}
READABLE_BY_ALL, READABLE_BY_GROUP = 0o004, 0o040
# All that rsync 3.2 knows but for what starts programs or lets a client tell the address it comes from.
KNOWN = """
    address authusers charset comment daemonchroot daemongid daemonuid dontcompress exclude excludefrom fakesuper filter
    forwardlookup gid hostsallow hostsdeny ignoreerrors ignorenonreadable include includefrom incomingchmod list
    listenbacklog lockfile logfile logformat maxconnections maxverbosity motdfile mungesymlinks numericids opennoatime
    outgoingchmod path pidfile port readonly refuseoptions reverselookup secretsfile socketoptions strictmodes
    syslogfacility syslogtag tempdir timeout transferlogging uid usechroot writeonly
    """


def modules(text: str) -> dict[str, Settings]:
    """Return the settings of each module, those that hold for all modules among them.

    Args:
        text: of the configuration.

    Raises:
        ValueError: it says something that cannot be followed, as a file to include.
    """
    shared: Settings = {}
    found: dict[str, Settings] = {}
    current = shared
    for line in _lines(text):
        section = re.fullmatch(r"\[(.*)\]", line)
        name, equals, value = line.partition("=")
        key = re.sub(r"\s", "", name).lower()
        if section and (title := section[1].strip()).lower() == "global":
            current = shared
        elif section:
            if title.lower() in map(str.lower, found):
                raise ValueError(f"[{title}] is there twice")
            current = found[title] = dict(shared)
        elif equals and key in KNOWN.split():
            current[key] = value.strip()
        else:
            raise ValueError(f"not allowed: {line[:80]!r}")
    return found


def _lines(text: str) -> Iterator[str]:
    """Yield what says something; a backslash joins a line to the next, but not in a comment."""
    begun = ""
    for line in (line.strip() for line in text.splitlines()):
        if not begun and line[:1] in ("", "#", ";"):
            continue
        begun += line.removesuffix("\\")
        if line.endswith("\\"):
            begun += " "
        else:
            yield begun.strip()
            begun = ""
    if begun:
        yield begun.strip()


def words(value: str) -> list[str]:
    """Return the entries of a list."""
    return [word.strip() for word in re.split("," if value.startswith(",") else r"[,\s]+", value) if word.strip()]


def faults(check: Mapping[str, Any], claims: Claims) -> list[str]:
    """Return what the daemon offers to others than it should.

    Args:
        check: the path of the configuration, `hosts` (each module's address, password and place) and the `public` one.
        claims: what was carried.
    """
    if check["config"] not in claims.contents:
        return [f"there is no {check['config']}"]
    try:
        found = modules(claims.text(check["config"]))
    except ValueError as error:
        return [str(error)]
    public = check["public"]
    wanted = {public["name"], *(host["name"] for host in check["hosts"])}
    if set(found) != wanted:
        return [f"its modules are {', '.join(sorted(found))}"]
    wrong = [fault for host in check["hosts"] for fault in _private(found[host["name"]], host, claims)]
    wrong += _open(found[public["name"]], public)
    places = [(module["name"], module["path"]) for module in (*check["hosts"], public)]
    return wrong + [f"the path of {name}" for name, path in places if _path(found[name], name) != path]


def _path(module: Settings, name: str) -> str:
    return posixpath.normpath(module.get("path", "").replace("%RSYNC_MODULE_NAME%", name))


def _private(module: Settings, host: Mapping[str, Any], claims: Claims) -> Iterator[str]:
    """Yield what lets others in than one user with one password from one address."""
    name, allowed = host["name"], words(module.get("hostsallow", ""))
    if not allowed or not all(_is(entry, host["address"]) for entry in allowed):
        yield f"hosts allow of {name}"
    denied = words(module.get("hostsdeny", ""))
    if denied and not EVERYBODY & set(denied):
        yield f"hosts deny of {name}"
    users = [user.split(":") for user in words(module.get("authusers", ""))]
    admitted = {user for user, *right in users if right != ["deny"]}
    if admitted != {name}:
        yield f"auth users of {name}"
    if _passwords(module.get("secretsfile", ""), name, claims) != {host["password"]}:
        yield f"the password of {name}"


def _is(entry: str, address: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_network(entry) == ipaddress.ip_network(address)
    return False


def _passwords(path: str, user: str, claims: Claims) -> set[str]:
    """Return the passwords that a file of secrets has for a user."""
    lines = claims.text(path).splitlines() if path in claims.contents else []
    pairs = (line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))
    return {password.rstrip() for name, password in pairs if name == user}


def _open(module: Settings, public: Mapping[str, Any]) -> Iterator[str]:
    """Yield what keeps somebody from reading a public module, or lets somebody write."""
    allowed, denied = (set(words(module.get(f"hosts{word}", ""))) for word in ("allow", "deny"))
    if (allowed or denied) and not EVERYBODY & allowed:
        yield f"who may reach {public['name']}"
    if words(module.get("authusers", "")):
        yield f"auth users of {public['name']}"
    if module.get("readonly", "yes").lower() not in TRUE:
        yield f"read only of {public['name']}"


def readable(secrets: Sequence[Mapping[str, Any]], claims: Claims) -> list[str]:
    """Return the files in which somebody can read a password that is none of his.

    Args:
        secrets: each `password`, and the `groups` that may read it.
        claims: what was carried.
    """
    files = [node for node in claims.nodes if node["kind"] == "file"]
    return [
        node["path"]
        for node in files
        for secret in secrets
        if secret["password"] in claims.text(node["path"])
        and (
            node["mode"] & READABLE_BY_ALL
            or (node["mode"] & READABLE_BY_GROUP and node["gid"] not in (0, *secret["groups"]))
        )
    ]
