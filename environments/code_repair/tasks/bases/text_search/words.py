"""Words of texts, and their stems."""

import re

WORD = re.compile(r"[A-Za-z0-9]+")
ENDINGS = (("ies", "y"), ("ss", "ss"), ("s", ""), ("ing", ""))
SHORTEST_STEM = 3


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are written: runs of letters and digits."""
    return WORD.findall(text)


def stem(word: str) -> str:
    """Return the word in lower case without its ending.

    The first ending that the word has is replaced, unless fewer than three characters would be left before it.
    """
    lower = word.lower()
    for ending, replacement in ENDINGS:
        if lower.endswith(ending):
            kept = lower[: -len(ending)]
            return kept + replacement if len(kept) >= SHORTEST_STEM else lower
    return lower
