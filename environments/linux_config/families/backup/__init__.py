"""Backup scripts, judged by running them on hidden trees and looking at what is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from agentgym.environments.linux_config.families.backup import checks, failures, hosts, tickets
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
            if check["check"] == "unchanged":
                passed, evidence = _unchanged(check["texts"], claims)
            else:
                passed, evidence = checks.judge(check, seen, token)
            components.append((goal if check["goal"] else rule)(check["name"], passed, evidence))
        return components


def _unchanged(texts: Mapping[str, str], claims: Claims) -> tuple[bool, str]:
    changed = [path for path, text in texts.items() if claims.contents.get(path) != text.encode()]
    return not changed, f"changed: {', '.join(changed) or 'none'}"


FAMILY = Backup()
