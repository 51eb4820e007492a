"""Headings, each with a name of its own."""

import re

from .inline import element, plain, to_inline

HEADING = re.compile(r"(#{1,6}) +(.*?)(?: +#+)?")
NAMELESS = "section"


class Headings:
    """The headings of a text, in order, as [level, plain text, name]."""

    def __init__(self) -> None:
        self.outline: list[list[int | str]] = []
        self._used: set[str] = set()

    def to_heading(self, line: str) -> str:
        """Return the HTML of a heading and add it to the outline."""
        found = HEADING.fullmatch(line)
        assert found is not None
        level, text = len(found[1]), found[2]
        name = self._name_for(plain(text))
        self.outline.append([level, plain(text), name])
        return element(f"h{level}", to_inline(text), id=name)

    def _name_for(self, text: str) -> str:
        words = "-".join(re.findall(r"[a-z0-9]+", text.lower())) or NAMELESS
        name, number = words, 2
        while name in self._used:
            name = f"{words}-{number}"
            number += 1
        self._used.add(name)
        return name
