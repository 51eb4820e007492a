"""Constraints on prose and programs: one written definition each, stated in the prompt and judged by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import JsonValue

from agentgym.environments.json_math.constraints import units
from agentgym.environments.json_math.constraints.kind import Constraint
from agentgym.environments.json_math.constraints.kinds import DEFINITIONS, KINDS
from agentgym.environments.json_math.constraints.padding import PADDING_RULE, padding

__all__ = [
    "KINDS",
    "PADDING_RULE",
    "Constraint",
    "constraint",
    "count",
    "counted",
    "definitions",
    "fault",
    "padding",
    "statement",
    "together",
]


class Count(NamedTuple):
    """A number that a text has: what it is called, the definitions that it needs, and how it is counted."""

    name: str
    terms: Sequence[str]
    of: Callable[[str], int]


COUNTS: Mapping[str, Count] = {
    "words": Count("the number of words of {}", ("word",), lambda text: len(units.words(text))),
    "first_sentence_words": Count(
        "the number of words of the first sentence of {}",
        ("word", "sentence"),
        lambda text: len(units.words("".join(units.sentences(text)[:1]))),
    ),
    "characters": Count(
        "the number of characters of {}, spaces included", ("character",), lambda text: len(units.normal(text))
    ),
    "longest_word": Count(
        "the number of characters of the longest word of {}",
        ("word", "character"),
        lambda text: max(map(len, units.words(text)), default=0),
    ),
}


def constraint(kind: str, **parameters: JsonValue) -> dict[str, JsonValue]:
    """Return a constraint as data.

    Raises:
        KeyError: there is no constraint of that kind.
        ValueError: its parameters are unknown, missing or contradict one another.
    """
    made: dict[str, JsonValue] = {"kind": kind, **parameters}
    KINDS[kind].check(made)
    return made


def statement(constraint: Constraint) -> str:
    """Return what a constraint demands, for the prompt.

    Raises:
        KeyError: there is no constraint of its kind.
        ValueError: its parameters are none that its kind takes.
    """
    kind = KINDS[str(constraint["kind"])]
    kind.check(constraint)
    return kind.statement(constraint)


def definitions(constraints: Sequence[Constraint], counts: Sequence[str] = ()) -> list[str]:
    """Return how what these constraints and counts count is counted, each definition once, for the prompt."""
    terms = {term for what in counts for term in COUNTS[what].terms}
    terms |= {term for constraint in constraints for term in KINDS[str(constraint["kind"])].terms}
    return [text for term, text in DEFINITIONS.items() if term in terms]


def fault(constraint: Constraint, text: str) -> str:
    """Return how a text breaks a constraint; empty if it keeps it.

    A text with characters that cannot be seen keeps none.

    Raises:
        KeyError: there is no constraint of its kind, which is the verifier's fault and never a pass.
        ValueError: its parameters are none that its kind takes, likewise.
    """
    kind = KINDS[str(constraint["kind"])]
    kind.check(constraint)
    return units.invisible(text) or kind.fault(constraint, text)


def together(constraints: Sequence[Constraint]) -> list[dict[str, JsonValue]]:
    """Return the constraints of one text, as plain data.

    Raises:
        KeyError: there is no constraint of a kind.
        ValueError: one is none, two are of one kind, or no text keeps two of them.
    """
    made: dict[str, Mapping[str, Any]] = {}
    for one in constraints:
        kind = str(one["kind"])
        KINDS[kind].check(one)
        if kind in made:
            raise ValueError(f"two constraints of the kind {kind!r} on one text")
        made[kind] = one
    wanted = _wanted(made)
    for kind in ("forbidden", "forbidden_characters", "word_characters"):
        if kind in made and (clash := KINDS[kind].fault(made[kind], wanted)):
            shown = json.dumps(dict(made[kind]), ensure_ascii=False)
            raise ValueError(f"what the other constraints want breaks {shown}: {clash}")
    last = made.get("ending", {}).get("mark")
    if made.get("punctuation", {}).get("marks", {}).get(last) == 0:
        raise ValueError(f"the text is to end with {last!r}, and to hold none")
    return [dict(one) for one in constraints]


def _wanted(made: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what must stand in a text, in one string."""
    marks = made.get("punctuation", {}).get("marks", {})
    wanted = [*made.get("required", {}).get("phrases", []), *(mark for mark, count in marks.items() if count)]
    return " | ".join([*wanted, made.get("ending", {}).get("mark", "")])


def counted(what: str, key: str) -> str:
    """Return what a count of another part's text is, for the prompt.

    Raises:
        KeyError: nothing of that name is counted.
    """
    return COUNTS[what].name.format(f'your own "{key}"')


def count(what: str, text: str) -> int:
    """Return a count of a text.

    Raises:
        KeyError: nothing of that name is counted.
    """
    return COUNTS[what].of(text)
