"""Where an environment's class comes from, so that another process, or a person, can find it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

from agentgym import plugins
from agentgym.env import AgentEnv
from agentgym.errors import UsageError

PLUGIN, MODULE, FILE = "plugin", "module", "file"

# What `find` looks for just now.
_looking: list[Origin] = []


class Origin(NamedTuple):
    """How a class is found again.

    Attributes:
        kind: `plugin`, `module` or `file`.
        name: the environment's id, `MODULE:CLASS`, or `PATH:CLASS`.
    """

    kind: str
    name: str


class Unguarded(Exception):
    """A module calls for checks as it is imported, although one of these checks imports it to find an environment."""


def origin_of(env_class: type[AgentEnv]) -> Origin | None:
    """Return how a class is found again; None if it cannot be, as where its module has another one under its name."""
    if _is_plugin(env_class):
        return Origin(PLUGIN, env_class.id)
    module = sys.modules.get(env_class.__module__)
    if module is None or _within(module, env_class.__qualname__) is not env_class:
        return None
    if env_class.__module__ != "__main__":
        return Origin(MODULE, f"{env_class.__module__}:{env_class.__qualname__}")
    file = getattr(module, "__file__", None)
    return Origin(FILE, f"{Path(file).absolute()}:{env_class.__qualname__}") if file else None


def _is_plugin(env_class: type[AgentEnv]) -> bool:
    try:
        found = plugins.environment_class(env_class.id)
    except UsageError:
        return False
    # A bridge makes another class of the same name each time that it is asked.
    return found is env_class or ":" in env_class.id


def _within(module: object, qualname: str) -> object:
    return reduce(lambda found, name: getattr(found, name, None), qualname.split("."), module)


def refuse_where_looked_for() -> None:
    """Do nothing, except while `find` imports a module.

    Raises:
        Unguarded: it does; says what to write.
    """
    if _looking:
        raise Unguarded(
            f"what {_looking[-1].name} calls at its top level is called again where it is imported: "
            'put the call of check_env under `if __name__ == "__main__":`'
        )


def find(origin: Origin) -> Any:
    """Return the class that an origin names.

    Raises:
        Unguarded: its module calls for checks as it is imported.
    """
    _looking.append(origin)
    try:
        return _find(origin)
    finally:
        _looking.pop()


def _find(origin: Origin) -> Any:
    if origin.kind == PLUGIN:
        return plugins.environment_class(origin.name)
    place, _, qualname = origin.name.rpartition(":")
    if origin.kind == MODULE:
        module = importlib.import_module(place)
    else:
        spec = importlib.util.spec_from_file_location("environment_of_another_process", place)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return _within(module, qualname)
