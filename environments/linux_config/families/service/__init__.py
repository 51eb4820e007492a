"""Services without systemd, judged by starting, asking, crashing and stopping them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.service import tickets
from agentgym.environments.linux_config.families.service.cheats import CHEATS
from agentgym.environments.linux_config.families.service.scene import TOKEN
from agentgym.reward import Component

WRITABLE_BY_OTHERS = 0o022


class Service(Family):
    """Control scripts that start and stop a program as its own user."""

    name = "service"
    summary = "services without systemd: control scripts, their settings, crashes, pid files, order"
    judged_by = "running the script as the service's user: start, ask, crash, restart, stop, and what is left"
    cheats = CHEATS
    runs_scripts = True
    kinds = (
        Kind("wrong-program", 1, tickets.wrong_program, short=True),
        Kind("not-exported", 1, tickets.not_exported, short=True),
        Kind("status-code", 1, tickets.status_code, short=True),
        Kind("restart-too-soon", 2, tickets.restart_too_soon),
        Kind("stale-pid", 2, tickets.stale_pid),
        Kind("log-kept", 2, tickets.log_kept, short=True),
        Kind("comes-back", 3, tickets.comes_back),
        Kind("workers-left", 3, tickets.workers_left),
        Kind("from-nothing", 3, tickets.from_nothing, held_out=True),
        Kind("pid-of-another", 4, tickets.pid_of_another),
        Kind("overridden", 4, tickets.overridden),
        Kind("reused-pid", 4, tickets.reused_pid, held_out=True),
        Kind("in-order", 5, tickets.in_order),
        Kind("two-instances", 5, tickets.two_instances),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each step, and one for the vendor's files."""
        components = []
        for wanted, got in zip(plan["wanted"], seen["steps"], strict=True):
            values = {key: token if value == TOKEN else value for key, value in wanted["wanted"].items()}
            wrong = {key: got.get(key) for key, value in values.items() if got.get(key) != value}
            evidence = f"wanted {values}, got {got}"[:600]
            components.append((goal if wanted["goal"] else rule)(wanted["name"], not wrong, evidence))
        strays, told = seen["strays"], seen["told"]
        components.append(rule("nothing is written elsewhere", not strays, f"added: {strays!a}"))
        components.append(rule("nobody else learns the token", told == [], f"others find it in {told!a}"))
        return [*components, _vendors_stay(plan, claims)]


def _vendors_stay(plan: Mapping[str, Any], claims: Claims) -> Component:
    """What a vendor ships is root's, unchanged, and has nothing beside it."""
    texts = {path: text.encode() for path, text in plan["vendors"].items()}
    inside = tuple(f"{folder}/" for folder in plan["folders"])
    wrong = {path for path in claims.contents if path.startswith(inside)} - set(texts)
    wrong |= {path for path, data in texts.items() if claims.contents.get(path) != data}
    nodes = [node for node in claims.nodes if f"{node['path']}/".startswith(inside)]
    wrong |= {node["path"] for node in nodes if node["uid"] != 0 or node["mode"] & WRITABLE_BY_OTHERS}
    return rule("the vendor's files stay", not wrong, ", ".join(sorted(wrong)) or "unchanged")


FAMILY = Service()
