"""Where words are in documents."""

from collections.abc import Iterable, Sequence

from .words import stem, words_of

Places = dict[int, set[int]]


class Index:
    """The words of documents, which are numbered from 0, as are the words in each of them.

    Attributes:
        documents: the words of each document, as they are written.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.documents = [words_of(text) for text in texts]
        self._places: dict[str, Places] = {}
        for document, words in enumerate(self.documents):
            for position, word in enumerate(words):
                self._places.setdefault(stem(word), {}).setdefault(document, set()).add(position)

    def find(self, stems: Sequence[str]) -> Places:
        """Return by document the positions of all words that are part of a phrase with these stems."""
        first, *others = [self._places.get(each, {}) for each in stems]
        found: Places = {}
        for document, positions in first.items():
            for position in positions:
                if all(position + offset in other.get(document, ()) for offset, other in enumerate(others, start=1)):
                    found.setdefault(document, set()).update(range(position, position + len(stems)))
        return found
