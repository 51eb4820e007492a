"""The machine whose clock and language a ticket is about, and what its users must see."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import PEOPLE, SERVICES
from agentgym.environments.linux_config.state import StartingState

ZONEINFO = "/usr/share/zoneinfo"
LOCALTIME, TIMEZONE, DEFAULT, GEN, ENVIRONMENT = ROOTS = (
    "/etc/localtime",
    "/etc/timezone",
    "/etc/default/locale",
    "/etc/locale.gen",
    "/etc/environment",
)
TREES = "/srv/machines"
KEEP = "Everything else stays as it is. {files} are looked at, with new logins, of new users too, and nothing else is."
GENERATED = "`locale-gen` is run anew before that."
# Zones in one row have the same clock.
ROWS = """
    Europe/Berlin Europe/Madrid Europe/Rome Europe/Oslo Europe/Warsaw Europe/Vienna Europe/Paris
    Europe/Athens Europe/Helsinki Europe/Sofia Europe/Riga
    Europe/Lisbon Atlantic/Madeira
    Europe/London
    Europe/Moscow
    America/Halifax Atlantic/Bermuda
    America/New_York America/Toronto America/Detroit
    America/Chicago America/Winnipeg
    America/Denver America/Edmonton
    America/Los_Angeles America/Vancouver
    America/Anchorage America/Juneau
    America/Bogota America/Lima America/Guayaquil
    Asia/Tokyo
    Asia/Seoul
    Asia/Kolkata
    Asia/Karachi
    Asia/Dubai Asia/Baku
    Asia/Jerusalem
    Asia/Kathmandu
    Asia/Bangkok
    Australia/Sydney Australia/Melbourne Australia/Hobart
    Australia/Adelaide
    Australia/Brisbane
    Australia/Darwin
    Australia/Perth
    Africa/Lagos
    Africa/Nairobi
    Africa/Johannesburg
    Pacific/Auckland
    America/St_Johns
"""
ZONES = tuple(tuple(row.split()) for row in ROWS.strip().splitlines())
FIXED = tuple(f"Etc/GMT{sign}{hours}" for sign in "+-" for hours in range(1, 12))
SHOWN = ("weekday", "number", "order", "yes", "money")
# What a machine shows in a locale (glibc 2.36): the name of a Wednesday, seven, B a b A in order, what counts as yes,
# and its money.
FACTS: Mapping[str, Mapping[str, str]] = {
    f"{name}.UTF-8": dict(zip(SHOWN, facts, strict=True))
    for name, facts in {
        "C": ("Wednesday", "7.0", "ABab", "^[yY]", ""),
        "de_DE": ("Mittwoch", "7,0", "aAbB", "^[+1jJyY]", "EUR"),
        "fr_FR": ("mercredi", "7,0", "aAbB", "^[+1oOyY]", "EUR"),
        "es_ES": ("miércoles", "7,0", "aAbB", "^[+1sSyY]", "EUR"),
        "it_IT": ("mercoledì", "7,0", "aAbB", "^[+1sSyY]", "EUR"),
        "nl_NL": ("woensdag", "7,0", "aAbB", "^[+1jJyY]", "EUR"),
        "pl_PL": ("środa", "7,0", "aAbB", "^[+1TtYy]", "PLN"),
        "sv_SE": ("onsdag", "7,0", "aAbB", "^[+1jJyY]", "SEK"),
        "fi_FI": ("keskiviikko", "7,0", "aAbB", "^[+1KkYy]", "EUR"),
        "pt_PT": ("quarta", "7,0", "aAbB", "^[+1SsyY]", "EUR"),
        "cs_CZ": ("Středa", "7,0", "aAbB", "^[+1aAyY]", "CZK"),
        "hu_HU": ("szerda", "7,0", "aAbB", "^[+1IiYy]", "HUF"),
    }.items()
}
LANGUAGES = tuple(name for name in FACTS if name != "C.UTF-8")
PLAIN = "C.UTF-8"
NEW = "TOKEN"


class Scene:
    """One machine, or several that have a folder each.

    Attributes:
        user: somebody who has an account already; `NEW` gets one when the work is judged.
        service: a service that the ticket is about.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.user = self.state.user(rng.choice(PEOPLE))
        self.services = rng.sample(SERVICES, 8)
        self.service = self.services.pop()
        self.people = [self.user, NEW]
        self.variables: dict[str, str] = {}
        self._machines: list[dict[str, Any]] = [{"name": "", "files": {}}]
        self._checks: list[list[dict[str, Any]]] = [[]]
        self._runs: dict[str, str] = {}
        self._stays: list[list[str]] = []
        self._generates = False

    def zones(self, count: int) -> list[str]:
        """Return zones with different clocks."""
        return [self.rng.choice(row) for row in self.rng.sample(ZONES, count)]

    def zone(self, zone: str, *, says: str | None = None) -> None:
        """Set the machine's zone; `says` is what /etc/timezone holds if that is another one."""
        self.state.link(LOCALTIME, f"{ZONEINFO}/{zone}")
        self.state.file(TIMEZONE, f"{says or zone}\n")

    def locales(self, *names: str, lines: tuple[str, ...] = ()) -> None:
        """Lay out the list of locales that are generated; they are when the work is judged."""
        others = self.rng.sample([name for name in LANGUAGES if name not in names], 4)
        text = [f"# {name} UTF-8" for name in others] + [f"{name} UTF-8" for name in names] + list(lines)
        self.state.file(GEN, "# locales that locale-gen builds\n" + "\n".join(sorted(text, key=_letters)) + "\n")
        self._generates = True

    def defaults(self, **variables: str) -> None:
        """Lay out /etc/default/locale."""
        self.state.file(DEFAULT, "".join(f"{name}={value}\n" for name, value in variables.items()))

    def environment(self, text: str, **variables: str) -> None:
        """Lay out /etc/environment; the variables in it that must stay are named."""
        self.state.file(ENVIRONMENT, text)
        self.variables = variables

    def runs(self, service: str, user: str) -> str:
        """Have a service started from its file in /etc/default when the work is judged; return the file's path."""
        self._runs[service] = user
        return f"/etc/default/{service}"

    def machine(self, name: str) -> int:
        """Add a machine that has a folder; return the number by which checks name it."""
        files = {path: f"{TREES}/{name}{path}" for path in (LOCALTIME, TIMEZONE, DEFAULT, ENVIRONMENT)}
        self._machines.append({"name": name, "files": files})
        self._checks.append([])
        return len(self._machines) - 1

    def stays(self, path: str, text: str) -> None:
        """Lay out a file that must stay byte for byte."""
        self.state.file(path, text)
        self._stays.append([path, text])

    def wants(self, who: str, what: str, want: Any, *, machine: int = 0) -> None:
        """Somebody, or nobody in particular, must see this in the end, and does not now."""
        self._checks[machine].append({"who": who, "what": what, "want": want, "goal": True})

    def keeps(self, who: str, what: str, want: Any, *, machine: int = 0) -> None:
        """Somebody, or nobody in particular, must see this in the end, as now."""
        self._checks[machine].append({"who": who, "what": what, "want": want, "goal": False})

    def machine_zone(self, zone: str, *, machine: int = 0, is_goal: bool = True) -> None:
        """In the end the machine has this zone, for everybody, without a variable."""
        for who in self.people:
            (self.wants if is_goal else self.keeps)(who, "clock", zone, machine=machine)

    def draft(self, prompt: str, *gold: str, roots: tuple[str, ...] = ROOTS) -> Draft:
        """Return the task."""
        machines, checks = self._machines, self._checks
        if len(machines) > 1:
            machines, checks = machines[1:], checks[1:]
        probe = {
            "machines": machines,
            "people": self.people,
            "new": [NEW],
            "services": self._runs,
            "generate": self._generates,
            "zones": sorted({str(check["want"]) for its in checks for check in its if check["what"] == "clock"}),
        }
        plan: dict[str, Any] = {
            "probe": probe,
            "checks": checks,
            "variables": self.variables,
            "stays": self._stays,
        }
        files = ", ".join(roots[:-1]) + f" and {roots[-1]}" if len(roots) > 1 else f"The folders below {roots[0]}"
        keep = KEEP.format(files=files)
        return Draft(f"{prompt} {keep}{f' {GENERATED}' if self._generates else ''}", self.state, gold, plan, roots)


def _letters(line: str) -> str:
    return line.lstrip("# ")
