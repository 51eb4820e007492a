"""Kernel settings, judged by having the pristine sysctl apply them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.sysctl import tickets
from agentgym.environments.linux_config.families.sysctl.cheats import CHEATS
from agentgym.environments.linux_config.families.sysctl.scene import UNSET, VENDOR
from agentgym.reward import Component


class Sysctl(Family):
    """/etc/sysctl.conf, /etc/sysctl.d, and the vendors' files that they come on top of."""

    name = "sysctl"
    summary = "kernel settings: which file counts, vendors' files, whole families of keys"
    judged_by = "the values that the pristine `sysctl --system` writes into a kernel's tree of its own"
    carries_links = True
    may_change = (VENDOR,)
    cheats = CHEATS
    kinds = (
        Kind("set-value", 1, tickets.set_value, short=True),
        Kind("misspelt", 1, tickets.misspelt, short=True),
        Kind("profile", 2, tickets.profile),
        Kind("every-interface", 2, tickets.every_interface, short=True),
        Kind("not-read", 2, tickets.not_read, held_out=True, short=True),
        Kind("all-but-one", 3, tickets.all_but_one),
        Kind("surplus", 3, tickets.surplus),
        Kind("mask-vendor", 4, tickets.mask_vendor),
        Kind("overridden", 4, tickets.overridden),
        Kind("shadowed", 4, tickets.shadowed, held_out=True),
        Kind("same-everywhere", 5, tickets.same_everywhere),
        Kind("one-gateway", 5, tickets.one_gateway),
    )

    def plan(self, plan: Mapping[str, Any], claims: Claims, token: str) -> dict[str, Any]:
        """Return which machines there are and which interfaces they have, one with a name that nobody could foresee."""
        return super().plan(_with_token(plan, token), claims, token)

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each key of the ticket, and for all others together, on each machine."""
        plan = _with_token(plan, token)
        components: list[Component] = []
        for machine, checks, values in zip(plan["probe"]["machines"], plan["checks"], seen, strict=True):
            known = {} if machine["tree"] else dict(before["values"])
            components += _values(machine["name"], checks, values, known)
        components += [_stays(path, text.encode(), claims) for path, text in plan["stays"]]
        if not plan["probe"]["machines"][0]["tree"]:
            components += [_stays(path, bytes.fromhex(data), claims) for path, data in before["vendor"].items()]
            components.append(_nothing_added(plan, claims, before))
        return components


def _values(
    name: str, checks: list[dict[str, Any]], values: Mapping[str, str], known: Mapping[str, str]
) -> Iterator[Component]:
    """Judge what sysctl wrote into the keys of one machine; `known` is what a pristine one has there."""
    where = f" on {name}" if name else ""
    for check in checks:
        got = values.get(check["key"], UNSET)
        judged = goal if check["goal"] else rule
        wanted = " or ".join(check["want"])
        yield judged(f"{check['key']}{where}", got in check["want"], f"wanted {wanted}, got {got[:80]}")
    named = {check["key"] for check in checks}
    others = sorted(key for key in (known.keys() | values.keys()) - named if known.get(key) != values.get(key))
    yield rule(f"no other key changes{where}", not others, ", ".join(others)[:300] or "none")


def _stays(path: str, data: bytes, claims: Claims) -> Component:
    found = claims.contents.get(path)
    evidence = "unchanged" if found == data else "missing" if found is None else "changed"
    return rule(f"{path} stays byte for byte", found == data, evidence)


def _nothing_added(plan: Mapping[str, Any], claims: Claims, before: Mapping[str, Any]) -> Component:
    known = {VENDOR, *before["vendor"], *(path for path, _ in plan["stays"])}
    added = sorted(str(node["path"]) for node in claims.nodes if str(node["path"]).startswith(VENDOR))
    added = [path for path in added if path not in known]
    return rule(f"nothing is added to {VENDOR}", not added, ", ".join(added)[:300] or "nothing")


def _with_token(plan: Mapping[str, Any], token: str) -> dict[str, Any]:
    filled: dict[str, Any] = json.loads(json.dumps(dict(plan)).replace("TOKEN", f"if{token[:8]}"))
    return filled


FAMILY = Sysctl()
