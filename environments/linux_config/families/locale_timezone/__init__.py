"""Time zones and locales, judged by what users and services that start afresh see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims, Family, Kind, goal, rule
from agentgym.environments.linux_config.families.locale_timezone import tickets
from agentgym.environments.linux_config.families.locale_timezone.cheats import CHEATS
from agentgym.environments.linux_config.families.locale_timezone.scene import FACTS
from agentgym.reward import Component

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"


class LocaleTimezone(Family):
    """/etc/localtime, /etc/timezone, /etc/default/locale, /etc/locale.gen and what overrides them."""

    name = "locale-timezone"
    summary = "time zones and languages: of the machine, of one user, of services"
    judged_by = "the clock, dates, numbers, sorting and language that new logins and services get"
    carries_links = True
    may_change = ("/usr/lib/locale",)
    cheats = CHEATS
    kinds = (
        Kind("wrong-zone", 1, tickets.wrong_zone, short=True),
        Kind("default-language", 1, tickets.default_language, short=True),
        Kind("missing-locale", 1, tickets.missing_locale, short=True),
        Kind("mixed-locale", 2, tickets.mixed_locale),
        Kind("own-zone", 2, tickets.own_zone, short=True),
        Kind("fixed-offset", 2, tickets.fixed_offset, held_out=True, short=True),
        Kind("not-the-sorting", 3, tickets.not_the_sorting),
        Kind("only-these", 3, tickets.only_these),
        Kind("zone-overridden", 4, tickets.zone_overridden, short=True),
        Kind("language-overridden", 4, tickets.language_overridden, short=True),
        Kind("copied-zone", 4, tickets.copied_zone, held_out=True, short=True),
        Kind("same-everywhere", 5, tickets.same_everywhere),
        Kind("services-agree", 5, tickets.services_agree),
    )

    def plan(self, plan: Mapping[str, Any], claims: Claims, token: str) -> dict[str, Any]:
        """Return whom to log in and what to start; one user has a name that nobody could foresee."""
        return super().plan(_with_token(plan, token), claims, token)

    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """One component for each thing that somebody sees, or a file says."""
        plan = _with_token(plan, token)
        components: list[Component] = []
        for machine, checks, found in zip(plan["probe"]["machines"], plan["checks"], seen["machines"], strict=True):
            components += [_seen(machine["name"], check, found, before) for check in checks]
            components += _variables(machine["name"], plan["variables"], found["people"], set(before["variables"]))
        for path, text in plan["stays"]:
            kept = path in claims.contents and claims.text(path) == text
            components.append(rule(f"{path} stays byte for byte", kept, "unchanged" if kept else "changed or missing"))
        return components


def _seen(machine: str, check: Mapping[str, Any], found: Mapping[str, Any], before: Mapping[str, Any]) -> Component:
    who, what, want = check["who"], check["what"], check["want"]
    got = {**found["people"], **found["services"], "": found}[who].get(what, "")
    if what == "clock":
        want = before["clocks"][want]
    elif what == "link":
        want = before["links"][want]
    elif what in FACTS["C.UTF-8"]:
        want = FACTS[want][what]
    if what == "locales":
        got, want = _normal(got), _normal(want)
    judged = goal if check["goal"] else rule
    name = " ".join(filter(None, (what, "of" if who else "", who, f"on {machine}" if machine else "")))
    return judged(name, got == want, f"wanted {_shown(want)}, got {_shown(got)}")


def _normal(locales: list[str]) -> list[str]:
    """Return the names of locales without those that every machine has, written in one way."""
    names = {name.replace("utf8", "UTF-8") for name in locales}
    return sorted(names - {"C", "POSIX", "C.UTF-8"})


def _variables(
    machine: str, wanted: Mapping[str, str], people: Mapping[str, Any], usual: set[str]
) -> Iterator[Component]:
    """Nothing else comes into anybody's environment, programs are found where they were, and logins print nothing."""
    for who, seen in people.items():
        variables = {name: value for name, value in seen["variables"].items() if name not in usual | {"TZ"}}
        variables = {name: value for name, value in variables.items() if not name.startswith(("LC_", "LANG"))}
        wrong = sorted(name for name in variables.keys() | wanted if variables.get(name) != wanted.get(name))
        wrong += [name for name in ("PATH",) if seen["variables"].get(name) != PATH]
        where = f" on {machine}" if machine else ""
        yield rule(f"other variables of {who}{where}", not wrong, ", ".join(wrong)[:300] or "as they were")
        yield rule(f"logins of {who}{where} are silent", not seen["noise"], seen["noise"] or "nothing printed")


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]


def _with_token(plan: Mapping[str, Any], token: str) -> dict[str, Any]:
    filled: dict[str, Any] = json.loads(json.dumps(dict(plan)).replace("TOKEN", f"u{token[:8]}"))
    return filled


FAMILY = LocaleTimezone()
