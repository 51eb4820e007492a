"""The machine whose kernel settings a ticket is about, and the values that its keys must get."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import PEOPLE, SERVICES
from agentgym.environments.linux_config.state import StartingState

CONF, LOCAL, VENDOR = "/etc/sysctl.conf", "/etc/sysctl.d", "/usr/lib/sysctl.d"
ROOTS = (CONF, LOCAL, VENDOR)
TREES = "/srv/machines"
UNSET = "the kernel's own"
KEEP = (
    "No other setting may change. Settings cannot be written to the kernel of this machine; they are looked at as "
    "`sysctl --system` applies them after a reboot, from {files}. Packages own what is in /usr/lib/sysctl.d: it stays "
    "byte for byte, with nothing added."
)
KEEP_TREES = (
    "No other setting of any machine may change. Each folder is the root of a machine: its settings are looked at as "
    "`sysctl --system` applies them there, from etc/sysctl.conf, etc/sysctl.d and usr/lib/sysctl.d in it."
)
INTERFACES = ("all", "default", "lo", "eth0", "eth1", "TOKEN")


class Setting(NamedTuple):
    """A key in dots, and the numbers that it may have in a ticket: the smallest, the largest, and the step."""

    key: str
    low: int
    high: int
    step: int = 1


SETTINGS = (
    Setting("vm.swappiness", 1, 99),
    Setting("vm.dirty_ratio", 12, 60),
    Setting("vm.dirty_background_ratio", 2, 11),
    Setting("vm.vfs_cache_pressure", 20, 200),
    Setting("vm.max_map_count", 70_000, 900_000, 10),
    Setting("vm.min_free_kbytes", 20_000, 200_000, 8),
    Setting("fs.file-max", 200_000, 900_000, 100),
    Setting("fs.inotify.max_user_watches", 20_000, 900_000, 100),
    Setting("fs.inotify.max_user_instances", 130, 2000),
    Setting("kernel.pid_max", 40_000, 400_000, 100),
    Setting("kernel.panic", 2, 120),
    Setting("kernel.threads-max", 20_000, 100_000, 10),
    Setting("net.core.somaxconn", 200, 9000),
    Setting("net.core.rmem_max", 300_000, 9_000_000, 1000),
    Setting("net.core.wmem_max", 300_000, 9_000_000, 1000),
    Setting("net.ipv4.tcp_fin_timeout", 8, 59),
    Setting("net.ipv4.tcp_keepalive_time", 200, 7000),
    Setting("net.ipv4.tcp_max_syn_backlog", 300, 9000),
)


class Scene:
    """One machine, or several that have a folder each.

    Attributes:
        service: a service that the ticket is about, by which its files are named.
        other: another one.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.state.user(rng.choice(PEOPLE))
        self.service, self.other, *self.machines = rng.sample(SERVICES, 6)
        self._settings = rng.sample(SETTINGS, len(SETTINGS))
        self._machines: list[dict[str, Any]] = [{"name": "", "tree": "", "updates": {}}]
        self._checks: list[list[dict[str, Any]]] = [[]]
        self._stays: list[list[str]] = []
        self._keys: set[str] = set()

    def setting(self) -> tuple[str, int, int]:
        """Return a key not used before, and two values for it."""
        key, low, high, step = self._settings.pop()
        one, two = self.rng.sample(range(low, high, step), 2)
        return key, one, two

    def configure(self, path: str, values: Mapping[str, object], *, title: str = "", stays: bool = False) -> str:
        """Lay out a file of settings; return its path."""
        sign = self.rng.choice((" = ", "="))
        lines = [
            f"# {title or f'settings of {self.service}'}",
            *(f"{key}{sign}{value}" for key, value in values.items()),
        ]
        text = "\n".join(lines) + "\n"
        if stays or path.startswith(VENDOR):
            self._stays.append([path, text])
        return self.state.file(path, text)

    def machine(self, name: str) -> int:
        """Add a machine that has a folder; return the number by which checks name it."""
        self._machines.append({"name": name, "tree": f"{TREES}/{name}", "updates": {}})
        self._checks.append([])
        self.state.directory(f"{TREES}/{name}/etc/sysctl.d")
        self.state.file(f"{TREES}/{name}/etc/sysctl.conf", f"# {name}\n")
        return len(self._machines) - 1

    def update(self, path: str, text: str) -> int:
        """Look at the machine once more after a package has written its file anew; return the number for checks."""
        self._machines.append({"name": "the machine after the update", "tree": "", "updates": {path: text}})
        self._checks.append([])
        return len(self._machines) - 1

    def wants(self, key: str, *values: object, machine: int = 0) -> None:
        """In the end the key must have this value, or one of these, and it has none of them now."""
        self._check(key, values, machine, is_goal=True)

    def keeps(self, key: str, *values: object, machine: int = 0) -> None:
        """In the end the key must have this value, as it does now."""
        self._check(key, values, machine, is_goal=False)

    def draft(self, prompt: str, *gold: str) -> Draft:
        """Return the task."""
        several = bool(self._machines[-1]["tree"])
        machines, checks = (self._machines[1:], self._checks[1:]) if several else (self._machines, self._checks)
        probe = {"machines": machines, "interfaces": list(INTERFACES), "keys": sorted(self._keys)}
        plan: dict[str, Any] = {"probe": probe, "checks": checks, "stays": self._stays}
        keep = KEEP_TREES if several else KEEP.format(files=f"{CONF}, {LOCAL} and {VENDOR}")
        return Draft(f"{prompt} {keep}", self.state, gold, plan, (TREES,) if several else ROOTS)

    def _check(self, key: str, values: tuple[object, ...], machine: int, *, is_goal: bool) -> None:
        path = key.replace(".", "/")
        self._keys.add(path)
        self._checks[machine].append({"key": path, "want": [str(value) for value in values], "goal": is_goal})
