"""Backup scripts, judged by running them on hidden trees and looking at what is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from agentgym.environments.linux_config.families.backup import checks, failures, hosts, rsyncd, tickets
from agentgym.environments.linux_config.families.backup.cheats import CHEATS
from agentgym.environments.linux_config.families.base import Claims, Commands, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.scripts import only_root_writes
from agentgym.reward import Component


class Backup(Family):
    """Scripts and configuration that save a folder with tar or rsync."""

    name = "backup"
    summary = "scripts with tar and rsync: excludes, mirrors, retention, locks, snapshots, rsync daemons"
    judged_by = "running the script on hidden trees with changes between, and comparing what is saved"
    cheats: ClassVar[Mapping[str, Commands]] = CHEATS
    runs_scripts = True
    kinds = (
        Kind("leave-out", 1, tickets.leave_out, short=True),
        Kind("archive-mode", 1, tickets.archive_mode, short=True),
        Kind("mirror-deletes", 1, tickets.mirror_deletes, short=True),
        Kind("retention", 2, tickets.retention),
        Kind("odd-names", 2, tickets.odd_names),
        Kind("restore", 2, tickets.restore, held_out=True),
        Kind("empty-source", 3, failures.empty_source),
        Kind("one-at-a-time", 3, failures.one_at_a_time),
        Kind("dump-fails", 3, failures.dump_fails),
        Kind("snapshots", 3, failures.snapshots, held_out=True),
        Kind("overridden", 4, failures.overridden),
        Kind("rsync-daemon", 5, hosts.rsync_daemon),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each check of the plan, one for who may change the scripts."""
        components = [only_root_writes(claims, plan["owners"])]
        for check in plan["checks"]:
            if check["check"] in ON_CLAIMS:
                wrong = ON_CLAIMS[check["check"]](check, claims)
                passed, evidence = not wrong, f"wrong: {', '.join(wrong) or 'nothing'}"
            else:
                passed, evidence = checks.judge(check, seen, token)
            components.append((goal if check["goal"] else rule)(check["name"], passed, evidence))
        return components


def _changed(check: Mapping[str, Any], claims: Claims) -> list[str]:
    return [path for path, text in check["texts"].items() if claims.contents.get(path) != text.encode()]


def _readable(check: Mapping[str, Any], claims: Claims) -> list[str]:
    return rsyncd.readable(check["secrets"], claims)


ON_CLAIMS: Mapping[str, Callable[[Mapping[str, Any], Claims], list[str]]] = {
    "unchanged": _changed,
    "modules": rsyncd.faults,
    "readable": _readable,
}
FAMILY = Backup()
