"""The account files of three hosts that must agree about some people's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgym.environments.linux_config.families.accounts.scene import BASH, NOLOGIN, Scene
from agentgym.environments.linux_config.names import PEOPLE, SERVICES

FOLDER = "/srv/hosts"
SYSTEM = {
    "passwd": ["root:x:0:0:root:/root:/bin/bash", f"daemon:x:1:1:daemon:/usr/sbin:{NOLOGIN}"],
    "group": ["root:x:0:", "daemon:x:1:"],
}
FILES = ("passwd", "group")


class Trees:
    """Three hosts: the leader, a second with other numbers, and a third on which a needed number is taken.

    Attributes:
        leader: the host whose numbers are right.
        second: a host whose people have other numbers.
        third: a host on which, besides, a service has a number that is needed.
        people: who must have the same numbers everywhere.
        blocker: the service in the way on the third host.
        gold: the commands that bring the numbers in order.
    """

    def __init__(self, scene: Scene) -> None:
        rng = scene.rng
        self.leader, self.second, self.third, self.blocker, taken = rng.sample(SERVICES, 5)
        *self.people, local = rng.sample(PEOPLE, 4)
        right = dict(zip(self.people, rng.sample(range(2100, 2900), 3), strict=True))
        wrong = dict(zip(self.people, rng.sample(range(1100, 1900), 3), strict=True))
        free = rng.randrange(900, 999)
        self.gold: list[str] = []
        for host in (self.leader, self.second, self.third):
            numbers = right if host == self.leader else wrong
            rest = {
                "passwd": [*SYSTEM["passwd"], _passwd(local, 3000), _passwd(taken, 899, NOLOGIN)],
                "group": [*SYSTEM["group"], _group(local, 3000), _group(taken, 899), f"staff:x:50:{self.people[0]}"],
            }
            moved = self._blocker(right[self.people[-1]]) if host == self.third else None
            start = {name: rest[name] + _people(numbers)[name] for name in FILES}
            if moved:
                start = {name: [*start[name], moved[name].replace("NUMBER", moved["old"])] for name in FILES}
            for name in FILES:
                scene.state.file(f"{FOLDER}/{host}/etc/{name}", "".join(f"{line}\n" for line in start[name]))
            expected = {"users": _people(right), "rest": rest, "moved": moved, "range": [900, 999]}
            scene.tree(f"{FOLDER}/{host}/etc", **expected, goal=host != self.leader)
            self._solve(host, right, free if moved else None)

    def _blocker(self, number: int) -> dict[str, str]:
        lines = {"passwd": f"{self.blocker}:x:NUMBER:NUMBER::/var/lib/{self.blocker}:{NOLOGIN}"}
        return lines | {"group": f"{self.blocker}:x:NUMBER:", "name": self.blocker, "old": str(number)}

    def _solve(self, host: str, right: Mapping[str, int], free: int | None) -> None:
        if host == self.leader:
            return
        for name, number in (*([(self.blocker, free)] if free else []), *right.items()):
            passwd = f"sed -i -E 's/^({name}:x:)[0-9]+:[0-9]+:/\\1{number}:{number}:/' {FOLDER}/{host}/etc/passwd"
            self.gold.append(f"{passwd}; sed -i -E 's/^({name}:x:)[0-9]+:/\\1{number}:/' {FOLDER}/{host}/etc/group")


def _people(numbers: Mapping[str, int]) -> dict[str, Any]:
    passwd = [_passwd(name, number) for name, number in numbers.items()]
    return {"passwd": passwd, "group": [_group(name, number) for name, number in numbers.items()]}


def _passwd(name: str, number: int, shell: str = BASH) -> str:
    return f"{name}:x:{number}:{number}::/home/{name}:{shell}"


def _group(name: str, number: int) -> str:
    return f"{name}:x:{number}:"
