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
    r"(?:^|[{\s])(firstaction|prerotate|postrotate|preremove|lastaction|compresscmd|uncompresscmd|shred)\b"
    r"|(?:^|[{])\s*(mail)\b",
    re.MULTILINE,
)
# A line that holds no more than a comment. One with a brace may be part of a quoted name, after which a stanza begins.
COMMENT = re.compile(r"^\s*#[^{\n]*$", re.MULTILINE)
# What logrotate says of a stanza that does not restrict which logs are rotated, and that keeps its old logs itself.
USUAL_FORM = "empty log files are rotated, old logs are removed"
# The starting state has no stanza for it.
ABSENT = ("/var/log/nginx/", "/etc/logrotate.d/nginx")


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
            _no_other_logs(plan, seen["said"], before["said"]),
            _systems_logs(seen, before["said"]),
            _systems_files(seen["files"], before["files"]),
            _no_programs(claims),
            _apart(plan["apart"], seen["found"]),
            *files_stay(plan["stays"], claims),
        ]
        for wanted in plan["wanted"]:
            components += [
                _old_logs(wanted, seen["found"], rounds, token),
                _log(wanted, seen["found"], seen["same_file"]),
                _due(wanted, plan["probe"]["trials"], seen["trials"]),
                _frequency(wanted, seen["said"]),
                _old_age(wanted, seen["aged"]),
            ]
            if not wanted["fresh"]:
                components.append(_form(wanted, seen))
        return components


def _judge(wanted: Mapping[str, Any], aspect: str) -> Callable[..., Component]:
    return goal if aspect in wanted["goals"] else rule


def _no_other_logs(plan: Mapping[str, Any], now: Mapping[str, Any], before: Mapping[str, Any]) -> Component:
    """Nothing is rotated but what was, and the service's own logs: logrotate renames and truncates as root."""
    folders = tuple(f"{folder}/" for folder in plan["probe"]["folders"])
    others = sorted(path for path in now.keys() - before.keys() if not path.startswith(folders))
    return rule("nothing else is rotated", not others, ", ".join(others) or "nothing else")


def _systems_logs(seen: Mapping[str, Any], before: Mapping[str, Any]) -> Component:
    """Logrotate says of the system's own logs what it said, and where several are kept, old ones survive."""
    logs = {path: said for path, said in before.items() if not path.startswith(ABSENT)}
    wrong = [path for path, said in logs.items() if seen["said"].get(path) != said]
    wrong += [path for path, said in logs.items() if int(said[0][1]) > 1 and path not in seen["aged"]]
    return rule("the system's logs rotate as before", not wrong, ", ".join(wrong) or f"{len(logs)} logs")


def _systems_files(now: Mapping[str, str], before: Mapping[str, str]) -> Component:
    changed = [path for path, text in before.items() if path not in ABSENT and now.get(path) != text]
    return rule("the files of the system's logs stay", not changed, ", ".join(changed) or "as they were")


def _no_programs(claims: Claims) -> Component:
    """No stanza starts a program as root, which none of the tickets needs and none of the box's stanzas does."""
    texts = {path: COMMENT.sub("", claims.text(path)) for path in sorted(claims.contents)}
    found = [f"{path}: {match[1] or match[2]}" for path, text in texts.items() for match in PROGRAMS.finditer(text)]
    return rule("no stanza starts a program", not found, ", ".join(found) or "none")


def _apart(apart: Mapping[str, str], found: Mapping[str, Any]) -> Component:
    wrong = [path for path, text in apart.items() if found.get(path, {}).get("text") != text]
    return rule("other files stay", not wrong, ", ".join(wrong) or ", ".join(apart))


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


def _frequency(wanted: Mapping[str, Any], said: Mapping[str, Any]) -> Component:
    got = " / ".join(sorted({str(words[:1]) for words in said.get(wanted["path"], [])})) or "never"
    passed = not wanted["frequency"] or got == str([FREQUENCIES[wanted["frequency"]]])
    return _judge(wanted, "often")(f"how often {wanted['path']} is rotated", passed, f"logrotate says: {got}")


def _old_age(wanted: Mapping[str, Any], aged: Sequence[str]) -> Component:
    survives = wanted["path"] in aged
    evidence = f"a very old one {'survives' if survives else 'does not survive'} a rotation"
    is_new = {"old", "due"} <= set(wanted["goals"])
    return (goal if is_new else rule)(f"old logs of {wanted['path']} are kept whatever their age", survives, evidence)


def _form(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Component:
    """A log that was rotated before is rotated when it is empty, and is not missed when it is not there."""
    path, status = wanted["path"], seen["missing"][wanted["path"]]
    said = {words[2] for words in seen["said"].get(path, []) if len(words) > 2}
    usual = status == 0 and (wanted["size"] > 0 or said == {USUAL_FORM})
    evidence = f"logrotate says: {'; '.join(sorted(said)) or 'nothing'}; without the log its status is {status}"
    return rule(f"when {path} is empty or missing", usual, evidence)


FAMILY = Logrotate()
