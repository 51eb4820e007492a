"""The kinds of constraints: what each takes, says in the prompt, and finds in a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import JsonValue

from agentgym.environments.json_math.constraints import languages, units

Constraint = Mapping[str, JsonValue]

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


class Kind(Protocol):
    """One kind of constraint.

    Attributes:
        terms: the definitions that it needs, as keys of `DEFINITIONS`.
    """

    @property
    def terms(self) -> Sequence[str]:
        """Return them."""
        ...

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse parameters that are unknown, missing or contradict one another.

        Raises:
            ValueError: they are.
        """
        ...

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """Return what a constraint demands."""
        ...

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Return how a text breaks it, or nothing."""
        ...


def parameters(constraint: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a constraint, without its kind."""
    return {key: value for key, value in constraint.items() if key != "kind"}


def refuse(constraint: Mapping[str, Any], reason: str) -> None:
    """Refuse a constraint.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{dict(constraint)!r}: {reason}")


def is_count(value: object, least: int = 1) -> bool:
    """Tell whether a value is an integer of at least `least`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


@dataclass(frozen=True)
class Amount:
    """A number of words, sentences or lines: `exactly`, or `at_least` and `at_most` or one of the two."""

    unit: str
    count: Callable[[str], int]

    @property
    def terms(self) -> Sequence[str]:
        """One definition, of the unit."""
        return (self.unit,)

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse bounds that no count lies in."""
        bounds = parameters(constraint)
        if not bounds or set(bounds) - {"exactly", "at_least", "at_most"} or ("exactly" in bounds and len(bounds) > 1):
            refuse(constraint, "takes exactly, or at_least and at_most or one of them")
        if not all(is_count(bound) for bound in bounds.values()):
            refuse(constraint, "bounds are integers from 1 up")
        if bounds.get("at_least", 1) > bounds.get("at_most", float("inf")):
            refuse(constraint, "at_least is above at_most")

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """Say the bounds."""
        if "exactly" in constraint:
            return f"exactly {self.number(constraint['exactly'])}"
        if "at_least" not in constraint:
            return f"at most {self.number(constraint['at_most'])}"
        if "at_most" not in constraint:
            return f"at least {self.number(constraint['at_least'])}"
        return f"from {constraint['at_least']} to {self.number(constraint['at_most'])}"

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Compare the count with the bounds."""
        found = self.count(text)
        if "exactly" in constraint:
            return "" if found == constraint["exactly"] else f"{self.number(found)}, not {constraint['exactly']}"
        if found < constraint.get("at_least", 0):
            return f"{self.number(found)}, but at least {constraint['at_least']} are asked for"
        if found > constraint.get("at_most", found):
            return f"{self.number(found)}, but at most {constraint['at_most']} are allowed"
        return ""

    def number(self, count: int) -> str:
        """Return a count with its unit."""
        return f"{count} {self.unit}{'' if count == 1 else 's'}"


class Lines(Amount):
    """A number of lines; to be reached, it takes lines that hold something."""

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Compare the count with the bounds, and refuse lines that only fill up."""
        empty = units.empty_line(text) if {"exactly", "at_least"} & set(constraint) else 0
        filled = f"line {empty} is empty or only a comment, and each must hold something" if empty else ""
        return super().fault(constraint, text) or filled


@dataclass(frozen=True)
class Longest:
    """No word, name, line or text longer than `at_most` characters; names may leave out `keywords`."""

    what: str
    pieces: Callable[[str, Sequence[str]], Sequence[str]]
    terms: Sequence[str]
    takes_keywords: bool = False

    def check(self, constraint: Mapping[str, Any]) -> None:
        """Refuse a bound that is none."""
        if not is_count(constraint.get("at_most")):
            refuse(constraint, "at_most is an integer from 1 up")
        keywords = constraint.get("keywords", [])
        if set(parameters(constraint)) - {"at_most", "keywords"} or (
            "keywords" in constraint and not self.takes_keywords
        ):
            refuse(constraint, "takes at_most" + (" and keywords" if self.takes_keywords else ""))
        if not isinstance(keywords, list) or not all(isinstance(word, str) and word for word in keywords):
            refuse(constraint, "keywords is a list of words")

    def statement(self, constraint: Mapping[str, Any]) -> str:
        """Say the bound."""
        most = f"{constraint['at_most']} character{'' if constraint['at_most'] == 1 else 's'}"
        if not self.what:
            return f"at most {most}, spaces included"
        besides = ", keywords of the language aside" if constraint.get("keywords") else ""
        return f"no {self.what} longer than {most}{besides}"

    def fault(self, constraint: Mapping[str, Any], text: str) -> str:
        """Name the first piece that is too long."""
        most = constraint["at_most"]
        for number, piece in enumerate(self.pieces(text, constraint.get("keywords", [])), 1):
            if len(piece) > most:
                which = {"": "the text", "line": f"line {number}"}.get(self.what, f"the {self.what} {piece[:40]!r}")
                return f"{which} has {len(piece)} characters; at most {most} are allowed"
        return ""


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
        if set(parameters(constraint)) != {"mark"} or constraint["mark"] not in MARKS:
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
        if set(parameters(constraint)) != {"language"} or constraint["language"] not in languages.NAMES:
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


# An unknown kind is a fault of the verifier, never a pass.
KINDS: Mapping[str, Kind] = {
    "words": Amount("word", lambda text: len(units.words(text))),
    "sentences": Amount("sentence", lambda text: len(units.sentences(text))),
    "lines": Lines("line", lambda text: len(units.lines(text))),
    "characters": Longest("", lambda text, _: [units.normal(text)], ("character",)),
    "line_characters": Longest("line", lambda text, _: units.lines(text), ("line", "character")),
    "word_characters": Longest("word", lambda text, _: units.words(text), ("word", "character")),
    "names": Longest("name", units.names, ("name",), takes_keywords=True),
    "punctuation": Punctuation(),
    "ending": Ending(),
    "forbidden_characters": ForbiddenCharacters(),
    "language": Language(),
    "required": Phrases(wanted=True),
    "forbidden": Phrases(wanted=False),
}
DEFINITIONS: Mapping[str, str] = {
    "word": units.WORD,
    "sentence": units.SENTENCE,
    "line": units.LINE,
    "character": units.CHARACTER,
    "name": units.NAME,
    "mark": units.MARK,
    "phrase": units.PHRASE,
    "language": languages.LANGUAGE,
}
