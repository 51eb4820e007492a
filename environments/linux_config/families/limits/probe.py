"""Open sessions by PAM, and say what limits the processes in them have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb"}
TIMEOUT_S = 5.0
ORDINARY = "daemon"
LAST = "/etc/security/limits.d/zzzzzzzz.conf"


def before(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return the limits in sessions of root and of an ordinary user of the pristine box."""
    return {"root": _limits("root"), "ordinary": _limits(ORDINARY)}


def observe(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return the limits in sessions of the plan's users, and of users made just now."""
    names = {name: name for name in plan["users"]}
    for key, options in plan["made"].items():
        names[key] = f"{key[:4]}{plan['token'][:8]}"
        argv = ["/usr/sbin/useradd", "-M", "-s", "/bin/sh", *options, names[key]]
        people.run(argv, timeout_s=TIMEOUT_S, env=ENV)
    seen = {key: _limits(name) for key, name in names.items()}
    if plan["later"]:
        with open(LAST, "w", encoding="utf-8") as file:
            file.write(plan["later"]["line"] + "\n")
        seen["later"] = _limits(plan["later"]["user"])
    return seen


def _limits(name: str) -> str:
    argv = ["/usr/bin/su", "-s", "/bin/sh", name, "-c", "/usr/bin/cat /proc/self/limits"]
    _, said = people.run(argv, timeout_s=TIMEOUT_S, env=ENV)
    return str(said)
