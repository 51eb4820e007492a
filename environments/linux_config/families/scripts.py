"""What families whose tickets are about scripts share: how one is written, and who may change it."""

from __future__ import annotations

from collections.abc import Mapping

from agentgym.environments.linux_config.families.base import Claims, rule
from agentgym.reward import Component

WRITABLE_BY_GROUP, WRITABLE_BY_ALL = 0o020, 0o002


def rewrite(path: str, text: str) -> str:
    """Return the shell command that puts a script of root's where it belongs."""
    body = text.rstrip("\n")
    return f"cat > {path} <<'END'\n{body}\nEND\nchmod 755 {path}"


def only_root_writes(claims: Claims, owners: Mapping[str, int] | None = None) -> Component:
    """Whoever may write to a script, or to what it reads, decides what its user does.

    Args:
        claims: what was carried.
        owners: who else than root may own a path.
    """
    wrong = [
        node["path"]
        for node in claims.nodes
        if node["mode"] & WRITABLE_BY_ALL
        or (node["mode"] & WRITABLE_BY_GROUP and node["gid"] != 0)
        or node["acl"]
        or node["uid"] not in (0, (owners or {}).get(node["path"], 0))
    ]
    return rule("nobody but root may change what is run", not wrong, ", ".join(map(ascii, wrong)) or "nobody")
