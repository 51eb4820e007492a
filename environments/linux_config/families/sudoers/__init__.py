"""Who may run what through sudo, judged by sudo's own policy plugin and by what then runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, files_stay, goal, rule
from agentgym.environments.linux_config.families.sudoers import canaries, hard_tickets, tickets
from agentgym.environments.linux_config.families.sudoers.cheats import CHEATS
from agentgym.environments.linux_config.families.sudoers.scene import HERE
from agentgym.reward import Component

PROTECTIONS = ("env_", "setenv", "secure_path", "use_pty", "authenticate", "runas_default")


class Sudoers(Family):
    """/etc/sudoers and the files in /etc/sudoers.d."""

    name = "sudoers"
    summary = "who may run what through sudo"
    judged_by = "sudo's own policy plugin, and running what it allows"
    cheats = CHEATS
    kinds = (
        Kind("one-command", 1, tickets.one_command, short=True),
        Kind("group-command", 1, tickets.group_command, short=True),
        Kind("other-account", 2, tickets.other_account, short=True),
        Kind("fixed-arguments", 2, tickets.fixed_arguments, short=True),
        Kind("ignored-file", 2, tickets.ignored_file, short=True),
        Kind("ask-password", 2, tickets.ask_password, held_out=True, short=True),
        Kind("too-much", 3, tickets.too_much),
        Kind("overridden", 3, tickets.overridden),
        Kind("broken-file", 3, tickets.broken_file),
        Kind("all-but-one", 3, tickets.all_but_one, held_out=True),
        Kind("vendor-rules", 4, hard_tickets.vendor_rules),
        Kind("alias-twice", 4, hard_tickets.alias_twice),
        Kind("each-host", 5, hard_tickets.each_host),
        Kind("shell-without-shell", 3, canaries.shell_without_shell, canary=True),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for `visudo -c`, and one for each try."""
        judge = goal if plan["mends_syntax"] else rule
        components = [judge("visudo accepts the rules", seen["visudo"] == 0, seen["visudo_said"] or "parsed OK")]
        for attempt, expected, got in zip(plan["probe"]["tries"], plan["expected"], seen["tries"], strict=True):
            wanted, judge = expected["wanted"], goal if expected["goal"] else rule
            answer = got["answer"] if got else "error"
            passed = answer == wanted and (wanted == "denied" or self._ran(attempt, got, plan["uids"], token))
            where = "" if attempt["host"] == HERE else f" on {attempt['host']}"
            name = f"{attempt['user']}{where}: sudo -u {attempt['runas']} {' '.join(attempt['argv'])}: {wanted}"
            components.append(judge(name, passed, f"wanted {wanted}, got {answer}", wanted=wanted, got=answer))
        return [*components, _defaults_stay(claims, before), *files_stay(plan["stays"], claims)]

    def _ran(self, attempt: Mapping[str, Any], got: Mapping[str, Any], uids: Mapping[str, int], token: str) -> bool:
        said = [token, *attempt["argv"][1:]]
        return bool(got["uid"] == uids[attempt["runas"]] and got["output"].split() == said)


def _defaults_stay(claims: Claims, pristine: str) -> Component:
    """The defaults that keep a caller's environment out of root's commands are neither taken away nor undone."""
    now = {line for path in claims.contents for line in _defaults(claims.text(path))}
    missing = _defaults(pristine) - now
    undone = {line for line in now - _defaults(pristine) if any(word in line for word in PROTECTIONS)}
    return rule("the defaults stay", not missing | undone, "; ".join(sorted(missing | undone))[:400] or "unchanged")


def _defaults(text: str) -> set[str]:
    return {" ".join(line.split()) for line in text.splitlines() if line.lstrip().startswith("Defaults")}


FAMILY = Sudoers()
