"""References from one value to another: `${key}` and `${section:key}`."""

import re

from .sections import Sections

REFERENCE = re.compile(r"\$\{([^{}]*)\}")


class ReferenceLoopError(ValueError):
    """A value refers to itself, if only by way of others."""


class UnknownReferenceError(ValueError):
    """A reference names a section or a key that does not exist."""


class Resolver:
    """Replaces references by what they refer to; every value is looked up only once."""

    def __init__(self, sections: Sections) -> None:
        self._sections = sections
        self._known: dict[tuple[str, str], str] = {}
        self._open: list[tuple[str, str]] = []

    def resolve(self, section: str, key: str) -> str:
        """Return a value without references.

        Raises:
            ReferenceLoopError: the value depends on itself.
            UnknownReferenceError: there is no such value, or one that it depends on is missing.
        """
        place = (section, key)
        if place in self._known:
            return self._known[place]
        if place in self._open:
            raise ReferenceLoopError(f"{section}:{key} depends on itself")
        if key not in self._sections.get(section, {}):
            raise UnknownReferenceError(f"there is no {section}:{key}")
        self._open.append(place)
        value = REFERENCE.sub(lambda found: self._target(section, found[1]), self._sections[section][key])
        self._open.pop()
        self._known[place] = value
        return value

    def _target(self, section: str, reference: str) -> str:
        other, colon, key = reference.rpartition(":")
        return self.resolve(other.strip() if colon else section, key.strip().lower())
