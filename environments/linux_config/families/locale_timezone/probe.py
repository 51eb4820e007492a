"""Log users in and start services afresh, and see which clock, dates, numbers, sorting and language they get.

Of a login or service only the variables count that a program in it has, seen from outside. The programs that show what
these do are the pristine box's, started by path as the user, with the variables of time zone and language alone.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Mapping
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]
import sessions  # type: ignore[import-not-found,unused-ignore]

# In winter and summer, and when America has summer time and Europe has not.
INSTANTS = (1736900000, 1752500000, 1742450000)
TIMEOUT_S = 8.0
GENERATE_S = 40.0
MAX_BYTES = 64 << 10
MAX_LOCALES = 4
ENTRY = re.compile(r"[a-z]{2,3}_[A-Z]{2}(@[a-z]+)?(\.UTF-8)?[ \t]+(UTF-8|ISO-8859-1|ISO-8859-15|ISO-8859-2)[ \t]*")
SHOW = (
    "/bin/date -d @1736900000 +%A; /usr/bin/printf '%.1f\\n' 7; "
    "/usr/bin/printf 'B\\na\\nb\\nA\\n' | /usr/bin/sort | /usr/bin/tr -d '\\n'; echo; "
    "/usr/bin/locale yesexpr; /usr/bin/locale int_curr_symbol"
)
SHOWN = ("weekday", "number", "order", "yes", "money")
# Which of these a login has depends on its shell.
SHELLS = ("SHLVL", "_", "OLDPWD", "PWD")


def before(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the clocks of the zones in a pristine box, and the variables that a new login has there."""
    clocks = {}
    for zone in plan["zones"]:
        os.environ["TZ"] = zone
        time.tzset()
        clocks[zone] = [time.strftime("%Z %z", time.localtime(instant)) for instant in INSTANTS]
    os.environ.pop("TZ", None)
    time.tzset()
    name = "pristine"
    people.run(["/usr/sbin/useradd", "-m", name], timeout_s=TIMEOUT_S)
    links = {zone: os.path.realpath(f"/usr/share/zoneinfo/{zone}") for zone in plan["zones"]}
    return {"clocks": clocks, "links": links, "variables": sorted({*_login(name)["env"], *SHELLS})}


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each machine what its files say, and what people and services there see."""
    for name in plan["new"]:
        people.run(["/usr/sbin/useradd", "-m", name], timeout_s=TIMEOUT_S)
    generated = _generate() if plan["generate"] else []
    return {"machines": [_machine(machine, plan, generated) for machine in plan["machines"]]}


def _machine(machine: Mapping[str, Any], plan: Mapping[str, Any], generated: list[str]) -> dict[str, Any]:
    for path, source in machine["files"].items():
        _put_in_place(path, source)
    return {
        "timezone": _read("/etc/timezone").strip(),
        "link": os.path.realpath("/etc/localtime") if os.path.islink("/etc/localtime") else "no link",
        "locales": generated,
        "people": {name: _person(name, _login(name)) for name in plan["people"]},
        "services": {name: _person(user, _service(name, user)) for name, user in plan["services"].items()},
    }


def _login(name: str) -> dict[str, Any]:
    """Return the variables of a new login, and what it prints."""
    return _session(["/bin/su", "-", name, "-c", sessions.COMMAND], name, become=False)


def _service(name: str, user: str) -> dict[str, Any]:
    """Return the variables of a service, which its start script reads from a file in /etc/default."""
    return _session(["/bin/sh", "-c", f"set -a; . /etc/default/{name}; exec {sessions.COMMAND}"], user, become=True)


def _session(argv: list[str], user: str, *, become: bool) -> dict[str, Any]:
    seen = sessions.look(argv, user, env={"PATH": "/usr/bin:/bin"}, timeout_s=TIMEOUT_S, become=become)
    return seen or {"env": {}, "noise": "there is no session"}


def _person(user: str, session: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a user in this session sees."""
    variables = session["env"]
    kept = {name: value for name, value in variables.items() if re.fullmatch(r"TZ|LANG|LANGUAGE|LC_[A-Z]+", name)}
    env = {"PATH": "/usr/bin:/bin", **kept}
    ticks = "; ".join(f"/bin/date -d @{instant} '+%Z %z'" for instant in INSTANTS)
    _, clock = people.run(["/bin/sh", "-c", ticks], timeout_s=TIMEOUT_S, user=user, env=env)
    _, shown = people.run(["/bin/sh", "-c", SHOW], timeout_s=TIMEOUT_S, user=user, env=env)
    lines = [line.strip() for line in shown.splitlines()]
    facts = dict(zip(SHOWN, lines, strict=False)) if len(lines) == len(SHOWN) else dict.fromkeys(SHOWN, shown[:200])
    every = {"variables": variables, "noise": session["noise"], "clock": clock.splitlines(), **facts}
    return every | {f"${name}": value for name, value in variables.items()}


def _generate() -> list[str]:
    """Generate the locales of /etc/locale.gen, if they are few and well written, and return which there are then."""
    lines = [line for line in _read("/etc/locale.gen").splitlines() if line.strip() and not line.startswith("#")]
    strange = [line for line in lines if not ENTRY.fullmatch(line)]
    if strange:
        return [f"no locale: {strange[0][:60]}"]
    if len(lines) > MAX_LOCALES:
        return [f"{len(lines)} locales, which are not generated"]
    status, said = people.run(
        ["/usr/sbin/locale-gen"], timeout_s=GENERATE_S, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    if status != 0:
        return [f"locale-gen ends with {status}: {said[-200:]}"]
    _, said = people.run(["/usr/bin/locale", "-a"], timeout_s=TIMEOUT_S, env={})
    found: list[str] = said.split()
    return found


def _put_in_place(path: str, source: str) -> None:
    """Replace a file by a link or a copy like another one, or by nothing where there is none."""
    if os.path.lexists(path):
        os.unlink(path)
    if os.path.islink(source) or os.path.isfile(source):
        shutil.copy2(source, path, follow_symlinks=False)


def _read(path: str) -> str:
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(MAX_BYTES)
