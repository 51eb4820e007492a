"""Text that fills up a count rather than saying something, told by stated rules."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from agentgym.environments.json_math.constraints import units
from agentgym.environments.json_math.constraints.languages import SMALL

WINDOW = 60
PHRASE = 5
LONG_WORD = 30
MOST_PARTS = 4
MOST_TIMES = 3
MORE_EVERY = 25
FEW = 4
UNBROKEN = 12
PADDING_RULE = f"""\
Texts must say something; what only fills them up is refused. Small words are a language's common articles,
prepositions, pronouns, conjunctions, auxiliary verbs and adverbs. The rules for texts:
- Of any {WINDOW} words in a row (or of all, if there are fewer) at least half are different. No word stands twice in
  a row with only white space between, or three times in a row at all. No other word than a small one stands there more
  than {MOST_TIMES} times, plus once for every {MORE_EVERY} words of the text. Capitals, accents, marks and digits make
  no other word.
- No {PHRASE} words stand there twice in the same order, and no sentence of two words or more twice.
- Of every full ten words at least one is a small one of the text's language, and no more than {UNBROKEN} words
  stand in a row without a small one or a mark between. In texts of {FEW} words or more at least one word in five is
  no small one and has a letter. At most two words, or one in three, have no letter.
- At most two words, or one in eight, are single letters or have letters but no vowel, small words aside. No word has
  more than {LONG_WORD} characters, more than {MOST_PARTS} parts joined by marks, one letter four times in a row, or
  seven consonants in a row. Letters are Latin, digits 0 to 9.
- No six marks in a row and no mark three times in a row, . ! ? - aside, even with spaces between; at most two accents
  on a letter; no empty line, no line without a word."""

_VOWELS = frozenset("aeiouy")
_SAME_LETTER = re.compile(r"([^\W\d_])\1{3}")
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xzñç]{7}")
_MARKS = re.compile(r"(?:[^\w\s]|_)(?:\s*+(?:[^\w\s]|_)){5}")
_SAME_MARK = re.compile(r"([^\w\s.!?\-]|_)(?:\s*+\1){2}")
_ACCENTS = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3}")


class Reading(NamedTuple):
    """A text as the rules see it.

    Attributes:
        text: in normal form.
        words: its words.
        plain: its words in lower case.
        bare: its words without capitals, accents, marks and (beside letters) digits.
        small: the small words of its language.
        bare_small: the same without accents and marks.
    """

    text: str
    words: Sequence[str]
    plain: Sequence[str]
    bare: Sequence[str]
    small: frozenset[str]
    bare_small: frozenset[str]


def padding(text: str, language: str) -> str:
    """Return how a text is filled up rather than written; empty if it is not.

    Raises:
        KeyError: there is no such language.
    """
    small = SMALL[language]
    found = units.words(text)
    plain = [word.casefold().replace("’", "'") for word in found]
    reading = Reading(units.normal(text), found, plain, [_bare(word) for word in plain], small, _BARE_SMALL[language])
    if not found:
        return units.invisible(text) or "it has no words"
    return units.invisible(text) or next((fault for rule in RULES if (fault := rule(reading))), "")


def _bare(word: str) -> str:
    if word.isascii() and word.isalpha():
        return word
    letters = [c for c in unicodedata.normalize("NFD", word) if c.isalnum()]
    return "".join(c for c in letters if c.isalpha()) or "".join(letters)


def too_alike(reading: Reading) -> str:
    """Judge whether enough words differ, in each window."""
    bare, counts = reading.bare, Counter[str]()
    for i, word in enumerate(bare):
        counts[word] += 1
        if i >= WINDOW:
            left = bare[i - WINDOW]
            counts[left] -= 1
            if not counts[left]:
                del counts[left]
        size = min(i + 1, WINDOW)
        if (size == WINDOW or i == len(bare) - 1) and 2 * len(counts) < size:
            return f"only {len(counts)} of {size} words are different"
    return ""


def in_a_row(reading: Reading) -> str:
    """Judge words that stand beside themselves."""
    for left, right in pairwise(reading.text.casefold().split()):
        if left[-1].isalnum() and right[0].isalnum():
            before, after = units.words(left)[-1], units.words(right)[0]
            if before == after:
                return f"{after!r} stands twice in a row"
    for word, run in groupby(reading.plain):
        if len(list(run)) > 2:
            return f"{word!r} stands three times in a row"
    return ""


def too_often(reading: Reading) -> str:
    """Judge how often one word stands there."""
    counts = Counter(word for word in reading.bare if word not in reading.bare_small)
    word, times = max(counts.items(), key=lambda item: item[1], default=("", 0))
    most = MOST_TIMES + len(reading.words) // MORE_EVERY
    return f"{word!r} stands there {times} times; at most {most} are allowed" if times > most else ""


def said_again(reading: Reading) -> str:
    """Judge phrases and sentences that come twice."""
    seen = set()
    for i in range(len(reading.bare) - PHRASE + 1):
        phrase = tuple(reading.bare[i : i + PHRASE])
        if phrase in seen:
            return f"'{' '.join(reading.words[i : i + PHRASE])}' stands there twice"
        seen.add(phrase)
    sentences = Counter(" ".join(map(_bare, units.words(s.casefold()))) for s in units.sentences(reading.text))
    twice = next((sentence for sentence, times in sentences.items() if times > 1 and " " in sentence), "")
    return f"the sentence {twice[:60]!r} stands there twice" if twice else ""


def out_of_balance(reading: Reading) -> str:
    """Judge the shares of small words and of numbers."""
    total, small = len(reading.plain), sum(word in reading.small for word in reading.plain)
    numbers = sum(not any(c.isalpha() for c in word) for word in reading.plain)
    telling = sum(word not in reading.small and any(c.isalpha() for c in word) for word in reading.plain)
    if small < total // 10:
        return f"only {small} of {total} words are small words, as no sentence has it"
    if total >= FEW and 5 * telling < total:
        return f"all but {telling} of {total} words are small words or numbers"
    return f"{numbers} of {total} words have no letter" if numbers > max(2, total // 3) else ""


def unbroken(reading: Reading) -> str:
    """Judge runs of words that neither a small word nor a mark breaks."""
    length = 0
    for piece in reading.text.casefold().replace("’", "'").split():
        found = units.words(piece)
        starts, ends = bool(found) and piece.startswith(found[0]), bool(found) and piece.endswith(found[-1])
        if not starts or len(found) > 1 or any(word in reading.small for word in found):
            length = 0
        length += len(found) == 1 and found[0] not in reading.small
        if length > UNBROKEN:
            return f"{length} words stand in a row without a small word or a mark, the last of them {found[0]!r}"
        length = length if ends else 0
    return ""


def no_words(reading: Reading) -> str:
    """Judge pieces that are words to a counter only."""
    odd = [word for word in reading.plain if word not in reading.small and _is_odd(word)]
    if len(odd) > max(2, len(reading.plain) // 8):
        return f"{len(odd)} words are single letters or have no vowel: {', '.join(odd[:5])[:60]}"
    for word, bare in zip(reading.plain, reading.bare, strict=True):
        if len(word) > LONG_WORD or len(units.parts(word)) > MOST_PARTS:
            return f"{word[:40]!r} is too long or joins too many parts for one word"
        if _SAME_LETTER.search(bare) or _CONSONANTS.search(bare):
            return f"{word!r} has four equal letters or seven consonants in a row"
    foreign = next((c for c in reading.text if not c.isascii() and _is_foreign(c)), "")
    return f"{foreign!r} (U+{ord(foreign):04X}) is no Latin letter and no digit from 0 to 9" if foreign else ""


def bare_marks(reading: Reading) -> str:
    """Judge rows of marks and lines without words."""
    if row := _MARKS.search(reading.text):
        return f"six marks in a row: {row[0][:20]!r}"
    if row := _SAME_MARK.search(reading.text):
        return f"{row[1]!r} stands three times in a row: {row[0][:20]!r}"
    if stack := _ACCENTS.search(unicodedata.normalize("NFD", reading.text)):
        return f"more than two accents on one letter: U+{ord(stack[0][-1]):04X}"
    blank = next((i for i, line in enumerate(units.lines(reading.text), 1) if not units.words(line)), 0)
    return f"line {blank} has no word" if blank else ""


def _is_odd(word: str) -> bool:
    letters = [c for c in unicodedata.normalize("NFD", word) if c.isalpha()]
    return bool(letters) and (len(word) == 1 or not _VOWELS.intersection(letters))


def _is_foreign(character: str) -> bool:
    """Tell other alphabets, other digits, full-width forms and letters of formulas from Latin letters, ª and º."""
    if unicodedata.category(character) == "Nd":
        return True
    name = unicodedata.name(character, "")
    is_latin = character in "ªº" or name.startswith(("LATIN SMALL LETTER", "LATIN CAPITAL LETTER"))
    return character.isalpha() and not is_latin


_BARE_SMALL = {language: frozenset(map(_bare, words)) for language, words in SMALL.items()}
RULES: Sequence[Callable[[Reading], str]] = (
    no_words,
    bare_marks,
    in_a_row,
    too_often,
    said_again,
    too_alike,
    out_of_balance,
    unbroken,
)
