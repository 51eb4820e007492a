"""Patterns of paths, such as `/users/{id:int}/files/{name:rest}`."""

import re
from dataclasses import dataclass

from .quoting import decode, encode

SEPARATOR = "/"
# Of each kind: what it matches, and its rank; of several patterns the one with lower ranks on the left is taken.
LITERAL_RANK = 0
KINDS = {"int": (r"[0-9]+", 1), "text": (r"[^/]+", 2), "rest": (r".+", 3)}
PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")


class PatternError(ValueError):
    """A pattern breaks a rule."""


@dataclass(frozen=True)
class Segment:
    """A part of a pattern: literal text if `kind` is empty, else a placeholder of this name."""

    name: str
    kind: str = ""


class Pattern:
    """A pattern of paths.

    Raises:
        PatternError: it does not begin with a slash, uses a kind that does not exist or a name twice, or has something
            behind a `rest`.
    """

    def __init__(self, text: str) -> None:
        if not text.startswith(SEPARATOR):
            raise PatternError(f"{text} does not begin with {SEPARATOR}")
        parts = text.strip(SEPARATOR).split(SEPARATOR)
        self.segments = [self._segment(part) for part in parts if part]
        names = [segment.name for segment in self.segments if segment.kind]
        if len(set(names)) < len(names):
            raise PatternError(f"{text} uses a name twice")
        if any(segment.kind == "rest" for segment in self.segments[:-1]):
            raise PatternError(f"{text} has something behind a rest")
        ranks = [KINDS[segment.kind][1] if segment.kind else LITERAL_RANK for segment in self.segments]
        self.rank = ranks
        self._expression = re.compile("".join(self._expression_of(segment) for segment in self.segments))

    def match(self, path: str) -> dict[str, int | str] | None:
        """Return the values of the placeholders, or None if the path is another one.

        One slash at the end of the path does not matter.
        """
        found = self._expression.fullmatch(path.removesuffix(SEPARATOR))
        if found is None:
            return None
        texts = found.groupdict()
        kinds = {segment.name: segment.kind for segment in self.segments}
        return {name: int(text) if kinds[name] == "int" else decode(text) for name, text in texts.items()}

    def fill(self, values: dict[str, int | str]) -> str:
        """Return the path with these values.

        Raises:
            KeyError: a value is missing.
            ValueError: the path would not match, or not with this value.
        """
        path = ""
        for segment in self.segments:
            safe = SEPARATOR if segment.kind == "rest" else ""
            path += SEPARATOR + (encode(str(values[segment.name]), safe) if segment.kind else segment.name)
        if self.match(path) != {segment.name: values[segment.name] for segment in self.segments if segment.kind}:
            raise ValueError(f"values do not fit into {path}")
        return path or SEPARATOR

    @staticmethod
    def _segment(part: str) -> Segment:
        found = PLACEHOLDER.fullmatch(part)
        if found is None:
            return Segment(part)
        kind = found[2] or "text"
        if kind not in KINDS:
            raise PatternError(f"there is no kind {kind}")
        return Segment(found[1], kind)

    @staticmethod
    def _expression_of(segment: Segment) -> str:
        if segment.kind:
            return f"{SEPARATOR}(?P<{segment.name}>{KINDS[segment.kind][0]})"
        return SEPARATOR + re.escape(segment.name)
