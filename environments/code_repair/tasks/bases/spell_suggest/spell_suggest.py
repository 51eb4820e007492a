"""Suggestions for misspelt words."""

import re

from .casing import like
from .lexicon import Lexicon
from .splitting import split_word

WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")
MOST_SUGGESTIONS = 3


def suggest(word: str, frequencies: dict[str, int], limit: int = MOST_SUGGESTIONS) -> list[str]:
    """Return the best suggestions for a word, the best first, in its case.

    A known word is the only suggestion for itself. Otherwise similar words come first, and behind them two known words
    that the word is made up of.

    Args:
        word: letters.
        frequencies: how often each known word occurs; words that differ in case only are the same.
        limit: how many suggestions are returned at most.

    Raises:
        ValueError: the limit is below 1.
    """
    if limit < 1:
        raise ValueError("need room for at least one suggestion")
    return [like(word, found) for found in find(word.lower(), Lexicon(frequencies))[:limit]]


def correct(text: str, frequencies: dict[str, int], keep: list[str] | None = None) -> dict[str, str | dict[str, int]]:
    """Return the text with the best suggestion for each word that has one.

    Args:
        text: words are letters, with one apostrophe between them or none; all else is left as it is.
        frequencies: how often each known word occurs; words that differ in case only are the same.
        keep: more words that are left as they are, in any case.

    Returns:
        `text`, and `changes`: how often each word (in lower case) was changed.
    """
    lexicon = Lexicon(frequencies)
    best: dict[str, str] = {word.lower(): word.lower() for word in keep or []}
    changes: dict[str, int] = {}

    def replace(found: re.Match[str]) -> str:
        word = found[0].lower()
        if word not in best:
            best[word] = next(iter(find(word, lexicon)), word)
        if best[word] == word:
            return found[0]
        changes[word] = changes.get(word, 0) + 1
        return like(found[0], best[word])

    corrected = WORD.sub(replace, text)
    return {"text": corrected, "changes": changes}


def find(word: str, lexicon: Lexicon) -> list[str]:
    """Return all suggestions for a word in lower case, the best first."""
    if word in lexicon:
        return [word]
    pair = split_word(word, lexicon)
    return lexicon.similar(word) + ([pair] if pair else [])
