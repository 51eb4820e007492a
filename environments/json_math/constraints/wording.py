"""Kinds of constraints on what stands in a text: marks, characters, phrases, the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentgym.environments.json_math.constraints import languages, units
from agentgym.environments.json_math.constraints.kind import is_count, parameters, refuse

MARKS: Mapping[str, tuple[str, str]] = {
    ",": ("comma", "commas"),
    ";": ("semicolon", "semicolons"),
    ":": ("colon", "colons"),
    ".": ("point", "points"),
    "!": ("exclamation mark", "exclamation marks"),
    "?": ("question mark", "question marks"),
    "…": ("ellipsis", "ellipses"),
    "-": ("hyphen", "hyphens"),
    "–": ("en dash", "en dashes"),
    "—": ("em dash", "em dashes"),
    "(": ("opening parenthesis", "opening parentheses"),
    ")": ("closing parenthesis", "closing parentheses"),
    '"': ("straight double quote", "straight double quotes"),
    "'": ("straight apostrophe", "straight apostrophes"),
    "¿": ("opening question mark", "opening question marks"),
    "¡": ("opening exclamation mark", "opening exclamation marks"),
}


class Punctuation:
    """Marks, each to stand in the text a given number of times: `marks`, a mapping from mark to count."""

    terms: Sequence[str] = ("mark",)

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse marks without a name and counts that are none."""
        marks = constraint.get("marks")
        if set(parameters(constraint)) != {"marks"} or not isinstance(marks, dict) or not marks:
            refuse(constraint, "takes marks, with a count for each")
        elif not set(marks) <= set(MARKS) or not all(is_count(count, 0) for count in marks.values()):
            refuse(constraint, f"marks are some of {' '.join(MARKS)}, counts integers from 0 up")

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """Say how many of each."""
        return f"exactly {', '.join(self.number(mark, count) for mark, count in constraint['marks'].items())}"

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Name each mark whose count is another."""
        plain = units.normal(text)
        wrong = [
            f"{self.number(mark, plain.count(mark))}, not {count}"
            for mark, count in constraint["marks"].items()
            if plain.count(mark) != count
        ]
        return "; ".join(wrong)

    def number(self, mark: str, count: int) -> str:
        """Return a count with the name of its mark."""
        return f"{count} {MARKS[mark][count != 1]} ({mark})"


class Ending:
    """The last character: `mark`."""

    terms: Sequence[str] = ()

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse what is no mark."""
        if set(parameters(constraint)) != {"mark"} or constraint["mark"] not in list(MARKS):
            refuse(constraint, f"takes mark, one of {' '.join(MARKS)}")

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """Say the mark."""
        return f"its last character is the {MARKS[constraint['mark']][0]} ({constraint['mark']})"

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Compare the last character."""
        last = units.normal(text)[-1:]
        return "" if last == constraint["mark"] else f"it ends with {last!r}, not with {constraint['mark']!r}"


class ForbiddenCharacters:
    """Characters that may not stand in the text: `characters`, a string."""

    terms: Sequence[str] = ()

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse an empty list, white space and what is given twice."""
        characters = constraint.get("characters")
        if set(parameters(constraint)) != {"characters"} or not isinstance(characters, str) or not characters:
            refuse(constraint, "takes characters, a string of at least one")
        elif any(c.isspace() for c in characters) or len(set(characters.casefold())) < len(characters):
            refuse(constraint, "characters are visible and each given once")

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """List them."""
        listed = " ".join(constraint["characters"])
        letters = any(c.isalpha() for c in listed)
        return f"without any of these characters: {listed}" + (" (as capitals neither)" if letters else "")

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Name the first that is there."""
        forbidden = units.normal(constraint["characters"]).casefold()
        for position, character in enumerate(units.normal(text)):
            if character.casefold() in forbidden:
                return f"{character!r} at character {position} is forbidden"
        return ""


class Language:
    """The language: `language`, one of `en`, `es`, `pt`."""

    terms: Sequence[str] = ("language",)

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse a language that is not known."""
        if set(parameters(constraint)) != {"language"} or constraint["language"] not in list(languages.NAMES):
            refuse(constraint, f"takes language, one of {', '.join(languages.NAMES)}")

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """Name it."""
        return f"in {languages.NAMES[constraint['language']]}"

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Judge it by its small words."""
        return languages.fault(text, constraint["language"])


@dataclass(frozen=True)
class Phrases:
    """Words or phrases, `phrases`, that must stand in the text (`once`: each exactly once) or must not."""

    wanted: bool

    @property
    def terms(self) -> Sequence[str]:
        """One definition, of a phrase."""
        return ("phrase",)

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse an empty list and phrases that do not start and end with a letter or digit."""
        phrases, once = constraint.get("phrases"), constraint.get("once", False)
        if set(parameters(constraint)) - {"phrases", "once"} or not isinstance(phrases, list) or not phrases:
            refuse(constraint, "takes phrases, a list of at least one")
        elif not all(isinstance(p, str) and p and p[0].isalnum() and p[-1].isalnum() for p in phrases):
            refuse(constraint, "phrases start and end with a letter or a digit")
        elif len({phrase.casefold() for phrase in phrases}) < len(phrases):
            refuse(constraint, "a phrase is given twice")
        if not isinstance(once, bool) or (once and not self.wanted):
            refuse(constraint, "once is for required phrases")

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """List them."""
        listed = ", ".join(f'"{phrase}"' for phrase in constraint["phrases"])
        if not self.wanted:
            return f"without {listed}"
        if not constraint.get("once"):
            return f"with {listed}"
        return f"with {listed}, {'each ' if len(constraint['phrases']) > 1 else ''}exactly once"

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Name the first that is missing, there too often, or there at all."""
        for phrase in constraint["phrases"]:
            found = units.occurrences(phrase, text)
            if self.wanted and not found:
                return f"{phrase!r} is missing"
            if found > 1 and constraint.get("once"):
                return f"{phrase!r} is there {found} times, not once"
            if found and not self.wanted:
                return f"{phrase!r} is forbidden"
        return ""
