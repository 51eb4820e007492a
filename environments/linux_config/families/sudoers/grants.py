"""What rules grant, as cvtsudoers(1) spells them out, and what of it nobody asked for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

Rules = Mapping[str, Any]
# Who may have which programs, as what is put down for each: a host, an account and a command.
Allowed = Mapping[str, Sequence[Sequence[str]]]

PREFIXES = {"username": "", "hostname": "", "userid": "#", "usergroup": "%"}
HARMLESS = ("authenticate", "noexec", "log_input", "log_output", "intercept")


def defaults(rules: Rules) -> set[str]:
    """Return the settings, each with what it is bound to; how many of them share a line does not matter."""
    found = set()
    for entry in rules.get("Defaults", ()):
        binding = {key: value for key, value in entry.items() if key != "Options"}
        found |= {json.dumps(binding | {"option": option}, sort_keys=True) for option in entry["Options"]}
    return found


def excess(rules: Rules, pristine: Rules, allowed: Allowed, uids: Mapping[str, int]) -> list[str]:
    """Return what is wrong with the grants.

    Args:
        rules: the rules as they are.
        pristine: the rules of a box in which nothing was done.
        allowed: for each of those whom a ticket is about, what they may be granted at most.
        uids: the accounts as which a ticket's programs run.

    Returns:
        Grants that go beyond what is allowed, and rules of others that are new, gone or in another order.
    """
    found: list[str] = []
    others: list[str] = []
    for spec in rules.get("User_Specs", ()):
        subjects = _named(spec["User_List"])
        if subjects and all(subject in allowed for subject in subjects):
            found += _beyond(spec, subjects, allowed, uids)
        else:
            others += _lines(spec)
    were = [line for spec in pristine.get("User_Specs", ()) for line in _lines(spec)]
    if others != were:
        changed = [*(Counter(others) - Counter(were)), *(Counter(were) - Counter(others))]
        found += changed or ["the order of the rules"]
    return found


def _beyond(
    spec: Mapping[str, Any], subjects: Sequence[str], allowed: Allowed, uids: Mapping[str, int]
) -> Iterator[str]:
    """Yield what a rule for people of the ticket grants beyond what they may have."""
    for part in spec["Cmnd_Specs"]:
        accounts = _accounts(part, uids)
        commands = [_command(entry) for entry in part["Commands"] if not entry.get("negated")]
        if commands:
            yield from (f"{subjects}: {option}" for option in part.get("Options", ()) if not _harmless(option))
            groups = _named(part.get("runasgroups", ()))
            if groups and not ("runasusers" in part and set(groups) <= {f"%{account}" for account in accounts}):
                yield f"{subjects}: as the groups {groups}"
        for subject, host, account, command in product(subjects, _named(spec["Host_List"]), accounts, commands):
            if not any(_fits((host, account, command), most) for most in allowed[subject]):
                yield f"{subject} {host}=({account}) {command}"


def _fits(grant: Sequence[str], most: Sequence[str]) -> bool:
    """Tell whether a grant is no more than what is allowed; without arguments, a command is allowed with any."""
    path, _, arguments = most[2].partition(" ")
    if tuple(grant[:2]) != tuple(most[:2]):
        return False
    if arguments:
        return grant[2] in (most[2], f"{path} ^{arguments}$")
    return grant[2].partition(" ")[0] == path


def _accounts(part: Mapping[str, Any], uids: Mapping[str, int]) -> list[str]:
    names = {f"#{uid}": name for name, uid in uids.items()}
    return [names.get(account, account) for account in _named(part.get("runasusers", [{"username": "root"}]))]


def _command(entry: Mapping[str, Any]) -> str:
    """Return a command with its arguments, or whatever else stands in its place, as an alias that nobody defined."""
    return str(entry.get("command") or json.dumps(dict(entry)))


def _harmless(option: Mapping[str, Any]) -> bool:
    return all(key in HARMLESS or value is False for key, value in option.items())


def _named(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return whom or what a list names, its exceptions left out."""
    found = []
    for entry in entries:
        if not entry.get("negated"):
            kind, name = next((key, value) for key, value in entry.items() if key != "negated")
            found.append(f"{PREFIXES[kind]}{name}" if kind in PREFIXES else f"{kind} {name}")
    return found


def _lines(spec: Mapping[str, Any]) -> list[str]:
    """Return a rule with each of its parts apart."""
    return [json.dumps(dict(spec) | {"Cmnd_Specs": [part]}, sort_keys=True) for part in spec["Cmnd_Specs"]]
