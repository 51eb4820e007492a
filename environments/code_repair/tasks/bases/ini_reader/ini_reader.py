"""Settings from several texts, of which later ones override earlier ones."""

from functools import reduce
from typing import Any

from .references import Resolver
from .sections import Sections, overlay, read_sections
from .values import convert

DEFAULTS = "default"


def read_settings(texts: list[str]) -> dict[str, dict[str, Any]]:
    """Return the settings of all sections but `[default]`, whose settings are in every section that lacks them.

    Raises:
        SettingsError: a text breaks a rule of the format.
        ReferenceLoopError: a value depends on itself.
        UnknownReferenceError: a value depends on one that does not exist.
    """
    nothing: Sections = {}
    sections = reduce(overlay, map(read_sections, texts), nothing)
    common = sections.get(DEFAULTS, {})
    complete = {name: {**common, **settings} for name, settings in sections.items()}
    resolver = Resolver(complete)
    return {
        name: {key: convert(resolver.resolve(name, key)) for key in settings}
        for name, settings in complete.items()
        if name != DEFAULTS
    }
