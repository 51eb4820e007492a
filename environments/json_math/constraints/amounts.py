"""Kinds of constraints on how many there are of something, and how long something is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentgym.environments.json_math.constraints import units
from agentgym.environments.json_math.constraints.kind import is_count, parameters, refuse


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
