"""Searching documents."""

from collections.abc import Collection, Sequence

from .index import Index
from .parsing import Parser

SNIPPET_WORDS = 6
WORDS_BEFORE = 2
GAP = "..."

Hit = dict[str, int | str]


def search(documents: list[str], query: str, limit: int = 5) -> list[Hit]:
    """Return the documents that match a query, those with the highest score first.

    Of equal scores, the earlier document comes first. The score adds up, for each different word or phrase of the
    query that is wanted, how many of the document's words belong to it times one more than the number of documents
    without it.

    Args:
        documents: texts.
        query: words, phrases in double quotes, `-` before what documents shall not match, `OR` between
            alternatives, and round brackets.
        limit: how many hits are returned at most.

    Returns:
        For each hit `document` (its number, from 0), `score` and `snippet`.

    Raises:
        QueryError: the query cannot be read.
    """
    wanted = Parser(query).read()
    index = Index(documents)
    marked: dict[int, set[int]] = {document: set() for document in wanted.matches(index)}
    scores = dict.fromkeys(marked, 0)
    for phrase in dict.fromkeys(wanted.phrases()):
        places = index.find(phrase.stems)
        weight = len(documents) - len(places) + 1
        for document in marked.keys() & places.keys():
            marked[document] |= places[document]
            scores[document] += weight * len(places[document])
    best = sorted(scores, key=lambda document: (-scores[document], document))
    return [
        {
            "document": document,
            "score": scores[document],
            "snippet": snippet(index.documents[document], marked[document]),
        }
        for document in best[: max(limit, 0)]
    ]


def snippet(words: Sequence[str], marked: Collection[int]) -> str:
    """Return a few words around the first marked one, in which all marked ones stand in square brackets."""
    first = min(marked, default=0)
    start = max(0, min(first - WORDS_BEFORE, len(words) - SNIPPET_WORDS))
    end = start + SNIPPET_WORDS
    shown = [f"[{word}]" if position in marked else word for position, word in enumerate(words)][start:end]
    if start > 0:
        shown.insert(0, GAP)
    if end < len(words):
        shown.append(GAP)
    return " ".join(shown)
