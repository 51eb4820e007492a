"""Bare repositories, judged by pushing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.git_server import settings, tickets
from agentgym.environments.linux_config.families.git_server.cheats import CHEATS
from agentgym.reward import Component


class GitServer(Family):
    """What the bare repositories below /srv/git take and refuse."""

    name = "git-server"
    summary = "bare git repositories: hooks, forced pushes, deletions, protected branches, shared writing, copies"
    judged_by = "pushes by several users, good and bad, and which refs they change"
    cheats = CHEATS
    runs_scripts = True
    kinds = (
        Kind("non-fast-forward", 1, tickets.non_fast_forward, short=True),
        Kind("keep-branches", 1, tickets.keep_branches, short=True),
        Kind("default-branch", 1, tickets.default_branch, short=True),
        Kind("hook-asleep", 1, tickets.hook_asleep, short=True),
        Kind("dubious-owner", 2, tickets.dubious_owner, short=True),
        Kind("shared", 2, tickets.shared, short=True),
        Kind("message-rule", 2, tickets.message_rule),
        Kind("large-files", 3, tickets.large_files),
        Kind("protected", 3, tickets.protected),
        Kind("fixed-tags", 3, tickets.fixed_tags, held_out=True),
        Kind("hooks-elsewhere", 4, tickets.hooks_elsewhere, short=True),
        Kind("included-setting", 4, tickets.included_setting, short=True),
        Kind("mirror", 5, tickets.mirror),
        Kind("same-policy", 5, tickets.same_policy, held_out=True),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each push, and one for the files that must stay."""
        components = []
        for wanted, got in zip(plan["wanted"], seen["steps"], strict=True):
            wrong = [key for key, value in wanted["wanted"].items() if got.get(key) != value]
            evidence = f"wanted {wanted['wanted']}, got {got}"[:900]
            components.append((goal if wanted["goal"] else rule)(wanted["name"], not wrong, evidence))
        changed = [path for path, text in plan["vendors"].items() if claims.contents.get(path) != text.encode()]
        components.append(rule("files that must stay", not changed, ", ".join(changed) or "unchanged"))
        wrong = settings.faults(plan["settings"], seen["settings"], claims)
        components.append(rule("other settings, and HEAD, stay", not wrong, "; ".join(wrong) or "nothing else is set"))
        return components


FAMILY = GitServer()
