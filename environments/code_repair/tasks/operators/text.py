"""Mistakes in working with text, patterns, and dates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from agentgym.environments.code_repair.tasks.operators.reading import (
    called,
    imported,
    literal_text,
    rename_method,
    with_argument,
    without_argument,
    without_method,
)
from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source

MATCHERS: Mapping[str, str] = {"fullmatch": "match", "match": "search", "search": "match", "finditer": "findall"}
PATTERN_SLIPS: Sequence[tuple[str, str]] = (
    (r"(?<=[*+?}])\?", ""),
    (r"(?<=[\w\])])\+(?!\?)", "*"),
    (r"(?<=[\w\].)])\*(?!\?)", "+"),
    (r"(?<=[*+])(?![?+*])", "?"),
    (r"^\^|^\\A", ""),
    (r"\$$|\\Z$", ""),
    (r"\\b", ""),
    (r"\\d", r"\\w"),
    (r"(?<=\[)\^", ""),
    (r"(?<=[\w\])])\?", ""),
)


class TextMethod(Operator):
    """Base of those that call one method of text for another."""

    becomes: Mapping[str, str]

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each method that is easily taken for another, and one that leaves it out."""
        for node in source.nodes(ast.Call):
            if called(node) in self.becomes and isinstance(node.func, ast.Attribute):
                yield from rename_method(source, node, self.becomes[called(node)])
                if not node.args:
                    yield from without_method(source, node)


class WrongStrip(TextMethod):
    """Text is stripped at the wrong end, or of too much.

    Before: `name = line.strip()`
    After: `name = line.lstrip()`
    """

    name = "wrong-strip"
    held_out = True
    becomes = {  # noqa: RUF012
        "strip": "lstrip",
        "lstrip": "strip",
        "rstrip": "strip",
        "removeprefix": "lstrip",
        "removesuffix": "rstrip",
    }


class LetterCase(TextMethod):
    """Letters are made large instead of small, or stay as they are.

    Before: `name = text.lower()`
    After: `name = text.upper()`
    """

    name = "letter-case"
    becomes = {  # noqa: RUF012
        "lower": "upper",
        "upper": "lower",
        "title": "capitalize",
        "capitalize": "title",
        "casefold": "upper",
        "islower": "isupper",
        "isupper": "islower",
    }


class SplitVariant(Operator):
    """Text is split from the other side, at too few places or at too many.

    Before: `parts = line.split()`
    After: `parts = line.split(" ")`
    """

    name = "split-variant"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each way to split: another side, another separator, another number of parts."""
        sides = {"partition": "rpartition", "rpartition": "partition", "split": "rsplit", "rsplit": "split"}
        for node in source.nodes(ast.Call):
            method, count = called(node), len(node.args) + len(node.keywords)
            if not isinstance(node.func, ast.Attribute) or method not in (*sides, "splitlines"):
                continue
            if source.text_of(node.func.value) == "re" or source.text_of(node.func.value).isupper():
                continue
            if method.endswith("partition") or count == 2:
                yield from rename_method(source, node, sides[method])
            if method.endswith("split") and count == 2:
                yield from without_argument(source, node, 1)
            elif method.endswith("split") and count == 1:
                yield from with_argument(source, node, "1")
            elif method.endswith("split"):
                yield from with_argument(source, node, '" "')
            elif method == "splitlines" and count == 0:
                yield from source.replace(node, f'{source.text_of(node.func.value)}.split("\\n")')


class TextLayout(Operator):
    """Text is put together with the wrong separator, or laid out wrongly.

    Before: `line = ", ".join(words)`
    After: `line = ",".join(words)`
    """

    name = "text-layout"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each separator, each method that fills text up, and each format of a number or date."""
        sides = {"ljust": "rjust", "rjust": "ljust", "center": "ljust", "zfill": "rjust"}
        joints = {", ": ",", "": " ", " ": "", "\\n": " ", ",": ", ", "; ": ", ", "-": "_", "\\n\\n": "\\n"}
        for node in source.nodes(ast.Call):
            if called(node) == "join" and isinstance(node.func, ast.Attribute):
                text = literal_text(source, node.func.value)
                if text is not None and text in joints:
                    yield from source.replace(node.func.value, f'"{joints[text]}"')
            elif called(node) in sides:
                yield from rename_method(source, node, sides[called(node)])
            elif called(node) in ("format", "strftime", "strptime"):
                for part in node.args:
                    text = literal_text(source, part) or ""
                    other = re.sub(r"\.(\d)f", lambda found: f".{int(found[1]) + 1}f", text)
                    other = other.replace("%d", "%e") if other == text else other
                    if other != text:
                        yield from source.replace(part, f'"{other}"')


class RegexGreediness(Operator):
    """A pattern matches more or less than it should.

    Before: `found = re.fullmatch(r"<(.+?)>", text)`
    After: `found = re.fullmatch(r"<(.+)>", text)`
    """

    name = "regex-greediness"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield edits for each pattern: greedier, shorter, without an anchor; and for each way to match it."""
        for node in source.nodes(ast.Call):
            if called(node) in (*MATCHERS, "compile", "sub", "subn", "split", "findall") and self._is_regex(
                source, node
            ):
                for pattern in node.args[:1]:
                    yield from self._patterns(source, pattern)
                if called(node) in MATCHERS and called(node) != "finditer":
                    yield from rename_method(source, node, MATCHERS[called(node)])
                if len(node.args) > 1 and "re." in source.text_of(node.args[-1]):
                    yield from without_argument(source, node, len(node.args) - 1)

    def _is_regex(self, source: Source, call: ast.Call) -> bool:
        owner = source.text_of(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        return owner == "re" or (called(call) in MATCHERS and owner != "")

    def _patterns(self, source: Source, pattern: ast.expr) -> Iterator[Edit]:
        written = source.text_of(pattern)
        found = re.fullmatch(r'(r?")([^"]*)(")', written)
        if not found or not isinstance(pattern, ast.Constant):
            return
        for slip, other in PATTERN_SLIPS:
            for place in re.finditer(slip, found[2]):
                text = found[2][: place.start()] + place.expand(other) + found[2][place.end() :]
                if text and is_pattern(text):
                    yield from source.replace(pattern, f"{found[1]}{text}{found[3]}")


def is_pattern(text: str) -> bool:
    """Tell whether text is a regular expression."""
    try:
        re.compile(text)
    except re.error:
        return False
    return True


class DatetimeConfusion(Operator):
    """Days and hours, dates and times, or times with a zone and without one are mixed up.

    Before: `day += timedelta(days=1)`
    After: `day += timedelta(hours=1)`
    """

    name = "datetime-confusion"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each unit, each zone that is given or changed, and each part of a date."""
        units = {"days": "hours", "hours": "minutes", "minutes": "seconds", "seconds": "minutes", "weeks": "days"}
        parts = {"month": "day", "day": "month", "hour": "minute", "minute": "second", "year": "month"}
        methods = {"weekday": "isoweekday", "isoweekday": "weekday", "utcoffset": "dst"}
        known = any(node.module == "datetime" for node in source.nodes(ast.ImportFrom)) or "datetime" in imported(
            source
        )
        for node in source.nodes(ast.expr):
            if isinstance(node, ast.Call):
                given = {named.arg for named in node.keywords}
                for position, named in enumerate(node.keywords):
                    if called(node) == "timedelta" and named.arg in units and units[named.arg] not in given:
                        yield from source.replace(named, f"{units[named.arg]}={source.text_of(named.value)}")
                    elif named.arg in ("tzinfo", "tz"):
                        yield from without_argument(source, node, len(node.args) + position)
                if called(node) in methods:
                    yield from rename_method(source, node, methods[called(node)])
                elif called(node) in ("astimezone", "date", "time") and isinstance(node.func, ast.Attribute):
                    yield from without_method(source, node)
                elif called(node) == "total_seconds" and isinstance(node.func, ast.Attribute):
                    yield from source.replace(node, f"{source.text_of(node.func.value)}.seconds")
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in parts and known:
                yield from source.replace(node, f"{source.text_of(node.value)}.{parts[node.attr]}")
