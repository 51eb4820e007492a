"""The words that are known."""

from collections.abc import Iterator, Mapping

from .distance import EDIT, distance

SHORT_WORD = 4
SHORT_LIMIT = EDIT
LONG_LIMIT = 2 * EDIT


class Lexicon:
    """Known words in lower case, and how frequent they are."""

    def __init__(self, frequencies: Mapping[str, int]) -> None:
        self._frequencies: dict[str, int] = {}
        for word, frequency in frequencies.items():
            self._frequencies[word.lower()] = self._frequencies.get(word.lower(), 0) + frequency

    def __contains__(self, word: str) -> bool:
        return word in self._frequencies

    def frequency(self, word: str) -> int:
        """Return how frequent a word is; 0 for one that is not known."""
        return self._frequencies.get(word, 0)

    def similar(self, word: str) -> list[str]:
        """Return the known words that are similar to a word in lower case, the best first.

        The least distance is best, then the same first letter, then the highest frequency, then the alphabet.
        """
        ranked = [
            (cost, known[:1] != word[:1], -self.frequency(known), known) for known, cost in self._candidates(word)
        ]
        return [known for _, _, _, known in sorted(ranked)]

    def _candidates(self, word: str) -> Iterator[tuple[str, int]]:
        limit = SHORT_LIMIT if len(word) <= SHORT_WORD else LONG_LIMIT
        for known in self._frequencies:
            if EDIT * abs(len(known) - len(word)) > limit:
                continue
            cost = distance(word, known)
            if cost <= limit:
                yield known, cost
