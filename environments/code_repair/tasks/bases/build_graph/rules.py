"""The rules of a build file."""

import re


class BuildError(ValueError):
    """A build file that cannot be used."""


def read_rules(text: str) -> dict[str, list[str]]:
    """Return the sources of each target, in the order of the file.

    A line such as `app lib: main.o util.o` gives both targets these sources. Further lines of a target add to its
    sources; a source named twice counts once. A `#` and what follows it is left out, and a line that ends in a
    backslash goes on in the next one. Blank lines mean nothing.

    Raises:
        BuildError: a line has no colon, more than one, or no target.
    """
    rules: dict[str, list[str]] = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        line = line.partition("#")[0].strip()
        if not line:
            continue
        targets, *rest = line.split(":")
        if len(rest) != 1 or not targets.split():
            raise BuildError(f"not a rule: {line}")
        for target in targets.split():
            sources = rules.setdefault(target, [])
            sources += [source for source in dict.fromkeys(rest[0].split()) if source not in sources]
    return rules
