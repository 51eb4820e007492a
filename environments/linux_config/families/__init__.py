"""The task families: one folder each, found by being there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from agentgym.environments.linux_config.families.base import Family


@cache
def families() -> Mapping[str, Family]:
    """Return every family by its name, in alphabetical order. A folder's `FAMILY` is its family."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/__init__.py"))
    found = [_family_in(folder) for folder in folders]
    return {family.name: family for family in found}


def _family_in(folder: str) -> Family:
    family = getattr(import_module(f"{__name__}.{folder}"), "FAMILY", None)
    if not isinstance(family, Family):
        raise TypeError(f"{Path(__file__).parent / folder / '__init__.py'} must end with FAMILY = …, a Family")
    return family
