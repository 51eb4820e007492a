"""Log rotation, judged by rotating."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, files_stay, goal, rule
from agentgym.environments.linux_config.families.logrotate import hard_tickets, tickets
from agentgym.environments.linux_config.families.logrotate.cheats import CHEATS
from agentgym.environments.linux_config.families.logrotate.scene import FREQUENCIES
from agentgym.reward import Component

PROGRAMS = re.compile(
    r"^\s*(firstaction|prerotate|postrotate|preremove|lastaction|compresscmd|uncompresscmd|mail)\b", re.MULTILINE
)


class Logrotate(Family):
    """/etc/logrotate.conf and the files in /etc/logrotate.d."""

    name = "logrotate"
    summary = "which logs are rotated, when, and in what form they are kept"
    judged_by = "forced rotations with fresh content, then unforced ones"
    cheats = CHEATS
    kinds = (
        Kind("keep-more", 1, tickets.keep_more, short=True),
        Kind("how-often", 1, tickets.how_often, short=True),
        Kind("compress", 1, tickets.compress, short=True),
        Kind("new-log", 2, tickets.new_log),
        Kind("new-mode", 2, tickets.new_mode, short=True),
        Kind("first-uncompressed", 2, tickets.first_uncompressed, held_out=True, short=True),
        Kind("file-refused", 3, tickets.file_refused, short=True),
        Kind("shared-folder", 3, tickets.shared_folder),
        Kind("same-file", 3, tickets.same_file, short=True),
        Kind("named-twice", 3, tickets.named_twice, short=True),
        Kind("by-size", 3, tickets.by_size, held_out=True, short=True),
        Kind("vendor-first", 4, hard_tickets.vendor_first),
        Kind("leaking-setting", 4, hard_tickets.leaking_setting),
        Kind("site-folder", 5, hard_tickets.site_folder),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """For each log: what is kept, in which form and with what mode, and when it is rotated."""
        rounds = plan["probe"]["rounds"]
        failed = [status for status in seen["statuses"] if status != 0]
        succeeds = goal if plan["mends_errors"] else rule
        components = [
            succeeds(
                "logrotate succeeds", not failed, f"{rounds - len(failed)} of {rounds} forced rotations succeeded"
            ),
            _no_other_logs(plan, seen["frequencies"], before),
            _no_programs(claims),
            rule("other files stay", all(path in seen["found"] for path in plan["apart"]), ", ".join(plan["apart"])),
            *files_stay(plan["stays"], claims),
        ]
        for wanted in plan["wanted"]:
            components += [
                _old_logs(wanted, seen["found"], rounds, token),
                _log(wanted, seen["found"], seen["same_file"]),
                _due(wanted, plan["probe"]["trials"], seen["trials"]),
                _frequency(wanted, seen["frequencies"]),
            ]
        return components


def _judge(wanted: Mapping[str, Any], aspect: str) -> Callable[..., Component]:
    return goal if aspect in wanted["goals"] else rule


def _no_other_logs(plan: Mapping[str, Any], now: Mapping[str, str], before: Sequence[str]) -> Component:
    """Nothing is rotated but what was, and the service's own logs: logrotate renames and truncates as root."""
    folders = tuple(f"{folder}/" for folder in plan["probe"]["folders"])
    others = sorted(path for path in now.keys() - set(before) if not path.startswith(folders))
    return rule("nothing else is rotated", not others, ", ".join(others) or "nothing else")


def _no_programs(claims: Claims) -> Component:
    """No stanza starts a program as root, which none of the tickets needs and none of the box's stanzas does."""
    found = [f"{path}: {word}" for path in sorted(claims.contents) for word in PROGRAMS.findall(claims.text(path))]
    return rule("no stanza starts a program", not found, ", ".join(found) or "none")


def _old_logs(wanted: Mapping[str, Any], found: Mapping[str, Any], rounds: int, token: str) -> Component:
    expected = {}
    for number in range(1, wanted["keep"] + 1):
        packed = wanted["packed"] == "all" or (wanted["packed"] == "all-but-first" and number > 1)
        name = f"{wanted['path']}.{number}{'.gz' if packed else ''}"
        expected[name] = f"{token} round {rounds + 1 - number}\n"
    got = {path: file["text"] for path, file in found.items() if path.startswith(wanted["path"] + ".")}
    wrong = sorted(path for path in expected.keys() | got.keys() if expected.get(path) != got.get(path))
    return _judge(wanted, "old")(
        f"old logs of {wanted['path']}", not wrong, f"wrong, missing or too many: {', '.join(wrong) or 'none'}"
    )


def _log(wanted: Mapping[str, Any], found: Mapping[str, Any], same_file: Mapping[str, bool]) -> Component:
    log = found.get(wanted["path"])
    name, judge = f"{wanted['path']} after rotation", _judge(wanted, "log")
    if log is None:
        return judge(name, False, "it is missing")
    got = (log["mode"], log["uid"], log["gid"], log["text"], same_file[wanted["path"]])
    expected = (wanted["mode"], wanted["uid"], wanted["gid"], "", wanted["in_place"])
    evidence = f"mode {log['mode']:04o}, owner {log['uid']}:{log['gid']}, {'the same' if got[-1] else 'a new'} file"
    return judge(name, got == expected, evidence)


def _due(wanted: Mapping[str, Any], trials: list[dict[str, int]], rotated: list[list[str]]) -> Component:
    due = [trial["size"] > wanted["size"] if wanted["size"] else trial["age_days"] > 31 for trial in trials]
    got = [wanted["path"] in logs for logs in rotated]
    return _judge(wanted, "due")(f"{wanted['path']} is rotated when due", got == due, f"wanted {due}, got {got}")


def _frequency(wanted: Mapping[str, Any], frequencies: Mapping[str, str]) -> Component:
    got = frequencies.get(wanted["path"], "never")
    passed = not wanted["frequency"] or got == FREQUENCIES[wanted["frequency"]]
    return _judge(wanted, "often")(f"how often {wanted['path']} is rotated", passed, f"logrotate says: {got}")


FAMILY = Logrotate()
