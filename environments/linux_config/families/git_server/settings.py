"""Which settings a repository may have: those that the tickets are about, and those that git itself writes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from agentgym.environments.linux_config.families.base import Claims

WRITTEN_BY_GIT = {"core.repositoryformatversion": ("0",), "core.filemode": ("true",), "core.bare": ("true",)}
SHARED_WORDS = {"umask", "group", "true", "false", "yes", "no", "on", "off", "", "0", "1"}
OTHERS = 0o007
MAIN = "ref: refs/heads/main"
# What a push may do, and what a hook may be told.
FREE = ("receive.", "transfer.", "hooks.")


def faults(plan: Mapping[str, Any], seen: Mapping[str, Any], claims: Claims) -> list[str]:
    """Return the settings that no ticket can have asked for.

    Args:
        plan: `repositories`, the `included` files, `safe`, the directories that may be safe, and `free`, further
            beginnings of names that may have any value.
        seen: the names and values in each configuration.
        claims: what was carried.
    """
    wrong = []
    for path, found in seen.items():
        folder = path.removesuffix("/config")
        repository = folder if folder in plan["repositories"] else ""
        for name, *value in found or [["what git cannot read"]]:
            if not _fits(name, value[0] if value else "true", repository, plan):
                wrong.append(f"{path}: {name} = {value[0] if value else ''}"[:120])
    heads = [f"{path}/HEAD" for path in plan["repositories"]]
    return wrong + [path for path in heads if path not in claims.contents or claims.text(path).strip() != MAIN]


def _fits(name: str, value: str, repository: str, plan: Mapping[str, Any]) -> bool:
    if not repository:
        return name == "safe.directory" and (not value or value.rstrip("/") in plan["safe"])
    rules: Mapping[str, Callable[[], bool]] = {
        "core.sharedrepository": lambda: _shared(value),
        "core.hookspath": lambda: posixpath.normpath(posixpath.join(repository, value)) == f"{repository}/hooks",
        "include.path": lambda: posixpath.normpath(posixpath.join(repository, value)) in plan["included"],
    }
    if name in rules:
        return rules[name]()
    return value.lower() in WRITTEN_BY_GIT.get(name, ()) or name.startswith((*FREE, *plan["free"]))


def _shared(value: str) -> bool:
    """Return whether others than the owner and the group get nothing."""
    if value.lower() in SHARED_WORDS:
        return True
    return all(digit in "01234567" for digit in value) and len(value) > 2 and not int(value, 8) & OTHERS
