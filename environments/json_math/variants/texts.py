"""Texts that break one of their constraints, by an edit of gold that is wrong under any way of counting."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import Any

from agentgym.environments.json_math.variants import values

# A word between two spaces, which nobody counts as two or as none.
WORD = re.compile(r"(?<= )[^\W\d_]+(?= )")

# What an edit makes of gold to break a constraint; None where it cannot.
Edit = Callable[[str, Mapping[str, Any], random.Random], str | None]


def missed(gold: str, check: Mapping[str, Any], rng: random.Random) -> values.Missed | None:
    """Return a text that breaks one constraint, or is none; None if chance took an edit that does not apply."""
    if rng.random() < 0.3:
        place = rng.randrange(len(gold))
        slips: list[values.Missed] = [
            (gold[:place] + "\u200b" + gold[place:], "invisible character"),
            ([gold], "list of one"),
            ("", "empty"),
            (" ", "blank"),
            ({"text": gold}, "object"),
            (None, "null"),
        ]
        return rng.choice(slips)
    constraint = rng.choice([one for one in check["constraints"] if one["kind"] in EDITS] or [{"kind": "words"}])
    found = EDITS[constraint["kind"]](gold, constraint, rng)
    return None if found is None else (found, f"breaks {constraint['kind']}")


def words(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """Leave a word out, or write one twice."""
    found = list(WORD.finditer(gold))
    if "exactly" not in constraint or not found:
        return None
    word = rng.choice(found)
    if rng.random() < 0.5:
        return gold[: word.start()] + gold[word.end() + 1 :]
    return f"{gold[: word.end()]} {word[0]}{gold[word.end() :]}"


def required(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """Misspell what must stand there."""
    phrase = str(rng.choice(constraint["phrases"]))
    place = rng.randrange(len(phrase))
    if gold.count(phrase) != 1 or phrase[place] == " ":
        return None
    return gold.replace(phrase, f"{phrase[:place]}{'7' if phrase[place].isdigit() else 'x'}{phrase[place:]}")


def forbidden(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """Put what must not stand there in the place of a word."""
    found = list(WORD.finditer(gold))
    if not found:
        return None
    word = rng.choice(found)
    return gold[: word.start()] + str(rng.choice(constraint["phrases"])) + gold[word.end() :]


def forbidden_characters(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """Put a character there that must not stand there."""
    return gold + str(rng.choice(constraint["characters"]))


def punctuation(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """Add a mark that is counted, or take one away."""
    mark = str(rng.choice(list(constraint["marks"])))
    found = list(WORD.finditer(gold))
    if mark in gold and rng.random() < 0.5:
        return gold.replace(mark, "", 1)
    if not found:
        return None
    end = rng.choice(found).end()
    return gold[:end] + mark + gold[end:]


def ending(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """End with another mark, or with none."""
    return gold.rstrip()[:-1] + rng.choice(["", "!", "?", ",", " fim"]).replace(constraint["mark"], "")


def characters(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """Write more than there is room for."""
    return f"{gold} {gold}" if len(gold) > constraint["at_most"] // 2 else None


def lines(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """Join two lines."""
    return gold.replace("\n", " ", 1) if "exactly" in constraint and "\n" in gold else None


def line_characters(gold: str, constraint: Mapping[str, Any], rng: random.Random) -> str | None:
    """Write it all in one line."""
    return gold.replace("\n", " ") if len(gold) > constraint["at_most"] else None


EDITS: Mapping[str, Edit] = {
    "words": words,
    "required": required,
    "forbidden": forbidden,
    "forbidden_characters": forbidden_characters,
    "punctuation": punctuation,
    "ending": ending,
    "characters": characters,
    "lines": lines,
    "line_characters": line_characters,
}
