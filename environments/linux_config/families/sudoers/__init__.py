"""Who may run what through sudo, judged by sudo's own policy plugin and by what then runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, files_stay, goal, rule
from agentgym.environments.linux_config.families.sudoers import canaries, hard_tickets, tickets
from agentgym.environments.linux_config.families.sudoers.cheats import CHEATS
from agentgym.environments.linux_config.families.sudoers.grants import defaults, excess
from agentgym.environments.linux_config.families.sudoers.scene import HERE
from agentgym.reward import Component


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
        components += _no_more(plan, seen["rules"], before)
        return [*components, *files_stay(plan["stays"], claims)]

    def _ran(self, attempt: Mapping[str, Any], got: Mapping[str, Any], uids: Mapping[str, int], token: str) -> bool:
        said = [token, *attempt["argv"][1:]]
        return bool(got["uid"] == uids[attempt["runas"]] and got["output"].split() == said)


def _no_more(plan: Mapping[str, Any], rules: Any, pristine: Any) -> Iterator[Component]:
    """Nobody is granted more than the ticket says, and the settings are the pristine box's."""
    if rules is None:
        yield rule("the rules can be spelled out", False, "cvtsudoers cannot read them")
        return
    changed = sorted(defaults(rules) ^ defaults(pristine))
    yield rule("the defaults stay", not changed, "; ".join(changed)[:400] or "unchanged")
    found = excess(rules, pristine, plan["allowed"], plan["uids"])
    yield rule("nobody else, and nothing more, is allowed", not found, "; ".join(found)[:400] or "no more than asked")


FAMILY = Sudoers()
