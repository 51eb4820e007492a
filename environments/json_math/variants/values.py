"""Near misses of plain values: integers, lists, words, digits and fractions."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from fractions import Fraction

from pydantic import JsonValue

# A value to be dumped, or a literal to be written as it is, such as 838.0.
Missed = tuple[JsonValue, str]


class Raw(str):
    """Text that stands in a document as it is."""


def missed(gold: JsonValue, rng: random.Random, *, fractions: bool = False) -> Missed:
    """Return a value that is nearly gold and surely another, with the name of the slip.

    Args:
        gold: the right value.
        rng: the only source of chance.
        fractions: every string in it is a fraction in lowest terms.
    """
    match gold:
        case bool() | None | float():
            return (0 if gold is None else json.dumps(gold)), "other type"
        case int():
            return integer(gold, rng)
        case str():
            return fraction(Fraction(gold), rng) if fractions else word(gold, rng)
        case list():
            return sequence(gold, rng, fractions=fractions)
        case dict():
            return mapping(gold, rng, fractions=fractions)


def integer(gold: int, rng: random.Random) -> Missed:
    """Miss an integer: by one, by its sign, by a digit, or by how it is written."""
    near = [gold - 1, gold + 1, gold + rng.choice([-10, 10]), -gold, _other_digit(gold, rng)]
    values: Sequence[Missed] = [(value, "another integer") for value in near if value != gold]
    written: Sequence[Missed] = [
        (str(gold), "integer as text"),
        (Raw(f"{gold}.0"), "integer with a point"),
        (Raw(f"{gold}e0"), "integer with an exponent"),
        (Raw(f"+{abs(gold)}"), "plus sign"),
        (Raw(f"0{abs(gold)}"), "leading zero"),
        (Raw(f"{gold}_"), "underscore"),
        (Raw(hex(gold)), "hexadecimal"),
        ([gold], "list of one"),
        ([gold, gold + 1], "list of candidates"),
        (f"{gold} or {gold + 1}", "alternatives"),
        ({"value": gold}, "object around"),
        (gold == 1, "true or false"),
        (None, "null"),
        (Raw(f"{gold + 1}{'0' * 1_000}"), "too many digits"),
    ]
    return rng.choice(values if rng.random() < 0.6 else written)


def _other_digit(gold: int, rng: random.Random) -> int:
    """Return a number with one digit changed, or two neighbouring ones exchanged."""
    text = list(str(abs(gold)))
    place = rng.randrange(len(text))
    if place and rng.random() < 0.5:
        text[place - 1], text[place] = text[place], text[place - 1]
    else:
        text[place] = rng.choice("0123456789")
    return int("".join(text)) * (1 if gold >= 0 else -1)


def word(gold: str, rng: random.Random) -> Missed:
    """Miss a word or a string of digits by a character, or by its type."""
    place = rng.randrange(len(gold)) if gold else 0
    edits = [
        gold[:place] + gold[place + 1 :],
        gold[:place] + gold[place : place + 1] + gold[place:],
        gold[:place] + rng.choice("0123456789abcxyz()+-*/ ") + gold[place + 1 :],
        gold[::-1],
        gold.upper(),
        gold.title(),
    ]
    forms: list[Missed] = [(edit, "another word") for edit in edits if edit != gold]
    forms += [(f"{gold} ", "space after"), (f" {gold}", "space before"), (f"{gold}\n", "line break after")]
    forms += [([gold], "list of one"), (f"{gold} or {gold}0", "alternatives"), (f'"{gold}"', "quotes in quotes")]
    if gold.isdecimal():
        forms.append((Raw(str(int(gold))), "digits as a number"))
    return rng.choice(forms)


def sequence(gold: list[JsonValue], rng: random.Random, *, fractions: bool = False) -> Missed:
    """Miss a list by one entry, by its order, or by how it is written."""
    if not gold:
        others: Sequence[Missed] = [([0], "entry more"), (None, "null"), ("", "list as text")]
        return rng.choice(others)
    place = rng.randrange(len(gold))
    if rng.random() < 0.5:
        entry, how = missed(gold[place], rng, fractions=fractions)
        return _with_entry(gold, place, entry), f"entry: {how}"
    other = rng.randrange(len(gold))
    swapped = list(gold)
    swapped[place], swapped[other] = swapped[other], swapped[place]
    forms: list[Missed] = [
        (swapped, "entries exchanged"),
        (gold[::-1], "reversed"),
        (gold[:place] + gold[place + 1 :], "entry less"),
        ([*gold, gold[-1]], "entry more"),
        ([*gold[:place], gold[place], *gold[place:]], "entry twice"),
        ([], "empty list"),
        ([gold], "list in a list"),
        (", ".join(map(str, gold)), "list as text"),
        (gold[0], "first entry only"),
    ]
    return rng.choice([form for form in forms if json.dumps(form[0]) != json.dumps(gold)])


def _with_entry(gold: list[JsonValue], place: int, entry: JsonValue) -> JsonValue:
    items = [*gold[:place], entry, *gold[place + 1 :]]
    return Raw(f"[{', '.join(map(dumped, items))}]") if isinstance(entry, Raw) else items


def mapping(gold: dict[str, JsonValue], rng: random.Random, *, fractions: bool = False) -> Missed:
    """Miss an object by one value or one key."""
    if not gold:
        return {"": 0}, "key more"
    key = rng.choice(list(gold))
    if rng.random() < 0.3:
        return {k: v for k, v in gold.items() if k != key}, "key less"
    value, how = missed(gold[key], rng, fractions=fractions)
    members = ", ".join(f"{json.dumps(k)}: {dumped(value if k == key else v)}" for k, v in gold.items())
    return Raw(f"{{{members}}}"), f"value: {how}"


def fraction(gold: Fraction, rng: random.Random) -> Missed:
    """Miss a fraction in lowest terms."""
    top, bottom, k = gold.numerator, gold.denominator, rng.randint(2, 9)
    near = [Fraction(top + 1, bottom), Fraction(top - 1, bottom), Fraction(top, bottom + 1), -gold, gold + 1, 2 * gold]
    near += [1 / gold] if gold else []
    places = rng.randint(1, 12)
    written: list[Missed] = [
        (f"{k * top}/{k * bottom}", "not in lowest terms"),
        (f"{float(gold):.{places}f}", "rounded"),
        (float(f"{float(gold):.{places}f}") + 0.0, "float"),
        (f"{top} / {bottom}", "spaces"),
        (f"{-top}/-{bottom}", "negative denominator"),
        (rf"\frac{{{top}}}{{{bottom}}}", "LaTeX"),
        (f"{top}/{bottom} or {top + 1}/{bottom}", "alternatives"),
        (f"{top}/{bottom}, {top}/{bottom + 1}", "alternatives"),
        ([str(gold)], "list of one"),
        (f"+{top}/{bottom}", "plus sign"),
        (f"{gold}\n", "line break after"),
        (f"{gold}.0", "point"),
        (f"{top // bottom} {top % bottom}/{bottom}", "mixed number"),
        ({"numerator": top, "denominator": bottom}, "object"),
        (None, "null"),
    ]
    if bottom == 1:
        written += [(f"{top}/1", "over one"), (top, "fraction as an integer")]
    values: list[Missed] = [(str(value), "another fraction") for value in near if value != gold]
    return rng.choice(values if rng.random() < 0.5 else written)


def dumped(value: JsonValue) -> str:
    """Return a value as JSON; raw text as it is."""
    return str(value) if isinstance(value, Raw) else json.dumps(value)
