"""Accounts, groups and password ageing, judged by what the system says of them and who gets in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentgym.environments.linux_config.families.accounts import tickets
from agentgym.environments.linux_config.families.accounts.cheats import CHEATS
from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.reward import Component

MODES = {
    "/etc/passwd": (0o644, (0,)),
    "/etc/group": (0o644, (0,)),
    "/etc/shadow": (0o640, (0, 42)),
    "/etc/gshadow": (0o640, (0, 42)),
}


class Accounts(Family):
    """Who has an account, with which groups, shell and password, and until when."""

    name = "accounts"
    summary = "accounts, groups, password ageing"
    judged_by = "what the system says of accounts and groups, and who gets in by PAM and `su`"
    cheats = CHEATS
    kinds = (
        Kind("login-shell", 1, tickets.login_shell, short=True),
        Kind("join-group", 1, tickets.join_group, short=True),
        Kind("end-date", 1, tickets.end_date, short=True),
        Kind("service-account", 2, tickets.service_account),
        Kind("team-ageing", 2, tickets.team_ageing),
        Kind("rename", 2, tickets.rename),
        Kind("leaver", 3, tickets.leaver),
        Kind("new-defaults", 3, tickets.new_defaults),
        Kind("cannot-log-in", 4, tickets.cannot_log_in),
        Kind("second-root", 4, tickets.second_root),
        Kind("still-a-member", 4, tickets.still_a_member, held_out=True),
        Kind("same-numbers", 5, tickets.same_numbers),
    )

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """Compare the facts of the ticket's accounts and groups, and the lines of all others."""
        found = [line for line in seen["complaints"] if line not in before["complaints"]]
        components = [
            _others_stay(plan, claims, before["lines"]),
            _numbers(plan, claims),
            rule("pwck and grpck find nothing new", not found, "; ".join(found)[:400] or "nothing"),
            _modes(seen["modes"]),
        ]
        for sort in ("accounts", "groups"):
            for name, expected in plan[sort].items():
                facts = seen["users" if sort == "accounts" else "groups"].get(name)
                components += _facts(f"{sort[:-1]} {name}", expected, facts, today=seen["today"])
        for name in plan["unlock"]:
            back = seen["unlocked"][name]
            components.append(rule(f"{name}'s password is only locked", back, f"after usermod -U it is good: {back}"))
        if plan["new"] is not None:
            components += _facts("new account", plan["new"], seen["new"], today=seen["today"])
            components.append(_settings_stay(plan["settings"], seen["settings"], before["settings"]))
        for folder, expected in plan["trees"].items():
            components += _tree(folder, expected, claims)
        return components


def _facts(
    what: str, expected: Mapping[str, Any], facts: Mapping[str, Any] | None, *, today: int
) -> Iterator[Component]:
    """One component for each fact that the ticket asks for, and one for all that stays."""
    if facts is None:
        gone = expected["goals"].get("gone") is True
        yield goal(f"{what}", gone, "there is none")
        return
    for fact, wanted in expected["goals"].items():
        got = facts.get(fact)
        if fact == "gecos" and "," not in wanted:
            got = got and got.rstrip(",")  # adduser writes the empty fields after the name as well
        fits = got is not None and _fits(wanted, got, today=today)
        yield goal(f"{what}: {fact}", fits, f"wanted {wanted}, got {got}")
    wrong = [f"{fact} {facts.get(fact)}" for fact, value in expected["stays"].items() if facts.get(fact) != value]
    yield rule(f"{what}: the rest stays", not wrong, ", ".join(wrong)[:400] or f"{len(expected['stays'])} facts stay")


def _fits(wanted: Any, got: Any, *, today: int) -> bool:
    """Whether a fact is the wanted value, one of `any`, a number `between` two, or a day `ago` so many or fewer."""
    if not isinstance(wanted, dict):
        return bool(wanted == got)
    if "any" in wanted:
        return got in wanted["any"]
    if not str(got).isascii() or not str(got).isdigit():
        return False
    low, high = wanted.get("between") or (today - wanted["ago"], today + 1)
    return bool(low <= int(got) <= high)


def _others_stay(plan: Mapping[str, Any], claims: Claims, pristine: Mapping[str, Sequence[str]]) -> Component:
    """Every line of the four files is as it was but for those of the ticket's own accounts and groups."""
    wrong = []
    for path, lines in plan["lines"].items():
        named = plan["accounts"] if path in ("/etc/passwd", "/etc/shadow") else plan["groups"]
        wanted = Counter(line for line in [*pristine[path], *lines] if _name(line) not in named)
        got = claims.text(path).splitlines() if path in claims.contents else []
        found = Counter(line for line in got if _name(line) not in named)
        wrong += [f"{path}: {_name(line)}" for line in (wanted - found) | (found - wanted)]
        twice = Counter(_name(line) for line in got)
        wrong += [f"{path}: {name} twice" for name in named if twice[name] > 1]
    return rule("other accounts and groups stay", not wrong, ", ".join(wrong)[:400] or "to the letter")


def _settings_stay(
    free: Mapping[str, Sequence[str]], now: Sequence[Sequence[str]], before: Sequence[Sequence[str]]
) -> Component:
    """The settings are what they were but for those that are free: with any value, or with one of those named."""
    old, new = (Counter((key, value) for key, value in pairs) for pairs in (before, now))
    more = [(key, value) for key, value in new - old if key not in free or (free[key] and value not in free[key])]
    wrong = sorted({key for key, _ in [*more, *(pair for pair in old - new if pair[0] not in free)]})
    return rule("other settings stay", not wrong, ", ".join(wrong)[:400] or "as they were")


def _numbers(plan: Mapping[str, Any], claims: Claims) -> Component:
    """No two accounts, and no two groups, have one number."""
    shared = []
    for path in ("/etc/passwd", "/etc/group"):
        text = claims.text(path) if path in claims.contents else ""
        numbers = Counter(line.split(":")[2].lstrip("0") for line in text.splitlines() if line.count(":") > 2)
        shared += [f"{path}: {number or 0}" for number, count in numbers.items() if count > 1]
    return _goal_or_rule("no number is given twice", not shared, ", ".join(shared) or "none", plan)


def _goal_or_rule(name: str, passed: bool, evidence: str, plan: Mapping[str, Any]) -> Component:
    """Return a component that is a goal where the ticket says that numbers are shared now."""
    return (goal if plan.get("shared") else rule)(name, passed, evidence)


def _modes(modes: Mapping[str, Any]) -> Component:
    wrong = []
    for path, (mode, groups) in MODES.items():
        got = modes[path]
        fits = got is not None and got[1] == 0 and got[2] in groups and not got[0] & ~mode
        readable = got is not None and (mode == 0o640 or got[0] & 0o444 == 0o444)
        if not (fits and readable):
            wrong.append(f"{path} {got and oct(got[0])} {got and got[1:]}")
    return rule("the files are readable by whom they should be", not wrong, ", ".join(wrong) or "owners and modes fit")


def _tree(folder: str, expected: Mapping[str, Any], claims: Claims) -> Iterator[Component]:
    """The account files of another host: lines that must be there, and an account that had to move out of the way."""
    moved, (low, high) = expected["moved"], expected["range"]
    lines = {
        name: claims.text(f"{folder}/{name}").splitlines() if f"{folder}/{name}" in claims.contents else []
        for name in ("passwd", "group")
    }
    for sort, make in (("users", goal if expected["goal"] else rule), ("rest", rule)):
        if sort == "rest":
            wanted = {name: expected["rest"][name] for name in lines}
        else:
            wanted = {name: expected["users"][name] for name in lines}
        missing = [line for name in lines for line in wanted[name] if line not in lines[name]]
        yield make(f"{folder}: {sort}", not missing, f"missing: {missing[:3]}" if missing else "all as they should be")
    known = {name: {*expected["rest"][name], *expected["users"][name]} for name in lines}
    more = {name: [line for line in lines[name] if line not in known[name]] for name in lines}
    numbers = [_moved_number(moved, line) for name in lines for line in more[name]]
    free = len(set(numbers)) == 1 and low <= (numbers[0] or 0) <= high if moved else not numbers
    right = free and [len(more[name]) for name in lines] == ([1, 1] if moved else [0, 0])
    taken = {line.split(":")[2] for name in lines for line in known[name]}
    right = right and not taken & {str(number) for number in numbers}
    make = goal if expected["goal"] else rule
    what = f"{moved['name']} has a free number" if moved else "nothing is added"
    yield make(f"{folder}: {what}", right, f"beside the expected lines: {more}"[:400])


def _moved_number(moved: Mapping[str, str] | None, line: str) -> int | None:
    """Return the number N if a line is that of the moved account or group with N for its old number."""
    if moved is None:
        return None
    fields = line.split(":")
    number = fields[2] if len(fields) > 2 else ""
    if not (number.isascii() and number.isdigit()):
        return None
    fits = line in (moved["passwd"].replace("NUMBER", number), moved["group"].replace("NUMBER", number))
    return int(number) if fits else None


def _name(line: str) -> str:
    return line.split(":")[0]


FAMILY = Accounts()
