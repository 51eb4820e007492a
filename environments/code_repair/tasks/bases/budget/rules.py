"""Rules that say what a payment was for."""

import re
from collections.abc import Callable

OTHER = "other"

Matcher = Callable[[str], bool]


def make_matcher(pattern: str) -> Matcher:
    """Return a function that tells whether a text fits a pattern, in which `*` stands for anything, or for nothing.

    Small and capital letters are the same.
    """
    expression = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)
    return lambda text: expression.fullmatch(text) is not None


def make_sorter(rules: list[list[str]]) -> Callable[[str], str]:
    """Return a function that gives the category of a purpose: that of the first rule it fits, or `other`.

    A purpose that was seen before is not compared again.
    """
    matchers = [(make_matcher(pattern), category) for pattern, category in rules]
    known: dict[str, str] = {}

    def category_of(purpose: str) -> str:
        if purpose not in known:
            fitting = (category for matches, category in matchers if matches(purpose))
            known[purpose] = next(fitting, OTHER)
        return known[purpose]

    return category_of
