"""The connections of which a configuration makes a difference: users and addresses that its own conditions name."""

from __future__ import annotations

import ipaddress
import random
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from agentgym.environments.linux_config.families.base import Claims

CONDITION = re.compile(r"match|(allow|deny)users.*@", re.IGNORECASE)
SEPARATORS = re.compile(r"[\s,=\"'!@]+")
KEYWORDS = {"match", "all", "user", "group", "host", "address", "localaddress", "localport", "rdomain"} | {
    "allowusers",
    "denyusers",
}
MOST = 400
Spec = Mapping[str, Any]


class Also(NamedTuple):
    """A connection that no trial makes, and the one like it that shows what must hold for it."""

    spec: dict[str, Any]
    like: dict[str, Any]


class Conditions(NamedTuple):
    """What the conditions of a server's files name; `at` are addresses of the server's own."""

    addresses: list[str]
    at: list[str]
    users: list[str]


def further(plan: Mapping[str, Any], claims: Claims, token: str) -> list[Also]:
    """Return the connections beside those tried for which the carried files may say something else."""
    found: list[Also] = []
    rng = random.Random(token)
    for number, path in enumerate(plan["probe"]["servers"]):
        specs = [spec for spec in plan["probe"]["specs"] if spec["server"] == number]
        conditions = _conditions(path, claims, rng)
        if conditions and specs:
            found += _of_server(plan, specs, conditions)
    return found


def zone(plan: Mapping[str, Any], server: int, address: str) -> str:
    """Return the network, of those that a ticket tells from all others, in which an address is."""
    for net in plan["zones"].get(str(server), ()):
        if ipaddress.ip_address(address) in ipaddress.ip_network(net):
            return str(net)
    return ""


def admitted(spec: Spec, said: Mapping[str, str]) -> bool:
    """Whether AllowUsers and DenyUsers let a user in from an address."""
    denied, allowed = (said.get(name, "none").split() for name in ("denyusers", "allowusers"))
    deny, allow = ([pattern for pattern in some if pattern not in ("none", "nothing")] for some in (denied, allowed))
    if any(_fits(pattern, spec) for pattern in deny):
        return False
    return not allow or any(_fits(pattern, spec) for pattern in allow)


def _of_server(plan: Mapping[str, Any], specs: list[Spec], conditions: Conditions) -> Iterator[Also]:
    server = specs[0]["server"]
    locals_ = list(dict.fromkeys((spec["to"], spec["port"]) for spec in specs))
    if plan["everywhere"]:
        locals_ += [(address, specs[0]["port"]) for address in conditions.at]
    of_zones = {zone(plan, server, spec["source"]): spec["source"] for spec in specs}
    sources = list(dict.fromkeys([*of_zones.values(), *conditions.addresses]))
    people = [user for users in plan["people"] for user in users]
    for user in dict.fromkeys(["root", *people, *conditions.users]):
        for source in sources:
            for to, port in locals_:
                spec = {"user": user, "source": source, "to": to, "port": port, "server": server}
                if spec not in specs:
                    yield Also(spec, _like(plan, spec, specs))


def _like(plan: Mapping[str, Any], spec: dict[str, Any], specs: list[Spec]) -> dict[str, Any]:
    """Return the connection that is tried of the same user, or one like the user, from the same network."""
    where = zone(plan, spec["server"], spec["source"])
    near = [one for one in specs if zone(plan, one["server"], one["source"]) == where]
    for fits in (lambda one: one["user"] == spec["user"], lambda one: _peers(plan, one["user"], spec["user"])):
        for one in near:
            if fits(one):
                return dict(one)
    return spec | {key: near[0][key] for key in ("source", "to", "port")} if near else spec


def _peers(plan: Mapping[str, Any], one: str, other: str) -> bool:
    """Whether two users are both root, both of the team, or both neither."""
    team = plan["people"][0]
    return (one == "root", one in team) == (other == "root", other in team)


def _conditions(path: str, claims: Claims, rng: random.Random) -> Conditions | None:
    """Return what the files of a server name in conditions, with addresses that they do not; None if there are none."""
    words: dict[str, None] = {}
    for file in sorted(claims.contents):
        if file.startswith(path.rpartition("/")[0]):
            for line in claims.text(file).splitlines():
                if CONDITION.search(line.partition("#")[0]):
                    words |= dict.fromkeys(SEPARATORS.split(line.partition("#")[0]))
    if not words:
        return None
    nets = {word: _network(word) for word in words}
    addresses = [address for net in nets.values() if net for address in _some(net, rng)]
    addresses += [f"203.0.113.{rng.randrange(1, 250)}", f"2001:db8::{rng.randrange(1, 9999)}"]
    users = [re.sub(r"[*?]", "x", word) for word, net in nets.items() if word and not net]
    users = [
        user for user in users if user.lower() not in KEYWORDS and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}", user)
    ]
    addresses = list(dict.fromkeys(addresses))
    about_itself = any(word.lower() == "localaddress" for word in words)
    return Conditions(addresses, addresses if about_itself else [], users)


def _network(word: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the network that a word names, or one address that fits its wildcards."""
    if not re.search(r"\d", word) or not re.search(r"[.:]", word):
        return None
    filled = re.sub(r"[*?]", "7", word).strip("[]")
    parts = filled.strip(".").count(".")
    for text in (
        filled,
        filled.strip(".") + ".7" * (3 - parts),
        "7." * (3 - parts) + filled.strip("."),
        f"{filled}::7",
    ):
        try:
            return ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue
    return None


def _some(net: ipaddress.IPv4Network | ipaddress.IPv6Network, rng: random.Random) -> list[str]:
    """Return an address or two of a network."""
    if net.num_addresses == 1:
        return [str(net[0])]
    return [str(net[1]), str(net[rng.randrange(net.num_addresses)])]


def _fits(pattern: str, spec: Spec) -> bool:
    user, at, host = pattern.rpartition("@") if "@" in pattern else (pattern, "", "")
    if not fnmatchcase(spec["user"], user.replace("[", "[[]")):
        return False
    return not at or _host_fits(host, spec["source"])


def _host_fits(patterns: str, address: str) -> bool:
    fits = False
    for pattern in patterns.split(","):
        if _one_fits(pattern.removeprefix("!"), address):
            if pattern.startswith("!"):
                return False
            fits = True
    return fits


def _one_fits(pattern: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return fnmatchcase(address, pattern.replace("[", "[[]"))
