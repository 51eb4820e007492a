"""Optional packages of this part, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from agentgym.errors import UsageError

INSTALL = "pip install 'agentgym-rl[data]'"


def needed(name: str, *, what_for: str) -> Any:
    """Return a package of the extra `data`.

    Raises:
        UsageError: it is not installed; says how to get it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise UsageError(f"{what_for} needs the package {name.partition('.')[0]} ({error}): {INSTALL}") from error
