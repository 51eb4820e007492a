"""Have the pristine sysctl apply a machine's files to a tree of keys of its own, and read the tree.

The kernel's own keys cannot be written in a box. So for each machine a folder is made that has sysctl, the libraries
it needs, the machine's files and, below `proc/sys`, an ordinary file for each key. Sysctl runs with it as its root.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

SYSCTL = "/usr/sbin/sysctl"
VENDOR = "/usr/lib/sysctl.d"
FILES = ("/etc/sysctl.conf", "/etc/sysctl.d", VENDOR)
UNSET = "the kernel's own"
TIMEOUT_S = 5.0
MAX_VALUE = 400


def before(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a pristine machine's files set, and the vendors' files by path, in hexadecimal."""
    vendor = {}
    for name in sorted(os.listdir(VENDOR)):
        with open(f"{VENDOR}/{name}", "rb") as file:
            vendor[f"{VENDOR}/{name}"] = file.read().hex()
    return {"values": _applied("/root/checker/pristine", {"tree": "", "updates": {}}, plan), "vendor": vendor}


def observe(plan: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return for each machine the keys that sysctl has set, and their values, white space made single."""
    return [
        _applied(f"/root/checker/machine{number}", machine, plan) for number, machine in enumerate(plan["machines"])
    ]


def _applied(root: str, machine: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, str]:
    for path in (SYSCTL, *_libraries()):
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        shutil.copyfile(path, root + path)
        os.chmod(root + path, 0o755)
    os.makedirs(f"{root}/dev")
    open(f"{root}/dev/null", "w").close()
    for path in FILES:
        _copy(machine["tree"] + path, root + path)
    for path, text in machine["updates"].items():
        with open(root + path, "w", encoding="utf-8") as file:
            file.write(text)
    keys = f"{root}/proc/sys"
    for key in sorted({*_keys(plan["interfaces"]), *plan["keys"]}):
        os.makedirs(os.path.dirname(f"{keys}/{key}"), exist_ok=True)
        with open(f"{keys}/{key}", "w", encoding="utf-8") as file:
            file.write(UNSET)
    people.run(["/usr/sbin/chroot", root, SYSCTL, "--system"], timeout_s=TIMEOUT_S, env={"PATH": "/usr/sbin:/usr/bin"})
    values = {path[len(keys) + 1 :]: _value(path) for path in _files(keys)}
    return {key: value for key, value in values.items() if value != UNSET}


@cache
def _libraries() -> list[str]:
    _, said = people.run(["/usr/bin/ldd", SYSCTL], timeout_s=TIMEOUT_S, env={"PATH": "/usr/bin:/bin"})
    return re.findall(r"(/\S+) \(", said)


def _copy(source: str, target: str) -> None:
    """Copy a file, link or folder, links as links: in the new root they lead to what is there."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(source) or os.path.isfile(source):
        shutil.copy2(source, target, follow_symlinks=False)
    elif os.path.isdir(source):
        shutil.copytree(source, target, symlinks=True)


def _keys(interfaces: list[str]) -> Iterator[str]:
    """Yield the kernel's keys, those of interfaces for the given ones in place of the box's own."""
    for path in _files("/proc/sys"):
        key = path[len("/proc/sys/") :]
        family, found, rest = key.partition("/conf/lo/")
        if found:
            yield from (f"{family}/conf/{interface}/{rest}" for interface in interfaces)
        elif "/conf/" not in key and "/neigh/" not in key:
            yield key


def _files(folder: str) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        yield from (os.path.join(parent, name) for name in names)


def _value(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return " ".join(file.read(MAX_VALUE).split())
