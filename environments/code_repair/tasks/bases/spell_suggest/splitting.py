"""Words that were run together."""

from .lexicon import Lexicon


def split_word(word: str, lexicon: Lexicon) -> str | None:
    """Return two known words, with a space between them, that make up a word; None if there are none.

    Of several pairs, that whose rarer word is most frequent counts, then that with the longest first word.
    """
    best: str | None = None
    best_frequency = 0
    for place in range(len(word) - 1, 0, -1):
        first, second = word[:place], word[place:]
        if first not in lexicon or second not in lexicon:
            continue
        frequency = min(lexicon.frequency(first), lexicon.frequency(second))
        if best is None or frequency > best_frequency:
            best, best_frequency = f"{first} {second}", frequency
    return best
