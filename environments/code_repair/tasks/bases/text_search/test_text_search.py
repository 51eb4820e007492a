import pytest

from .errors import QueryError
from .text_search import search, snippet
from .words import stem

TEXTS = [
    "The cat sat on the mat.",
    "Cats and dogs: a cat, a dog, two enemies",
    "A dog is walking in the park",
    "No animals here",
]


def found(query: str) -> list[object]:
    return [hit["document"] for hit in search(TEXTS, query)]


def test_words_and_their_endings() -> None:
    assert found("DOG") == [1, 2]
    assert found("walks") == [2]
    assert found("enemy") == [1]


def test_all_words_must_be_there() -> None:
    assert found("cat dog") == [1]
    assert found("cat park") == []


def test_alternatives() -> None:
    assert found("mat OR park") == [0, 2]
    assert found("mat OR cat dog") == [1, 0]


def test_brackets() -> None:
    assert found("dog (cat OR park)") == [1, 2]


def test_what_must_not_be_there() -> None:
    assert found("dog -cat") == [2]
    assert found("-(dog OR cat)") == [3]


def test_phrases() -> None:
    assert found('"the cat"') == [0]
    assert found('"cat the"') == []
    assert found('"dog two enemies"') == [1]


def test_rare_words_count_more() -> None:
    hits = search(TEXTS, "cat OR park")
    assert [(hit["document"], hit["score"]) for hit in hits] == [(1, 6), (2, 4), (0, 3)]


def test_only_so_many_hits() -> None:
    assert len(search(TEXTS, "cat OR dog", 2)) == 2
    assert search(TEXTS, "cat", -1) == []


def test_words_around_the_first_hit() -> None:
    assert search(TEXTS, "walk")[0]["snippet"] == "... dog is [walking] in the park"
    assert search(TEXTS, "mat")[0]["snippet"] == "The cat sat on the [mat]"


def test_snippets_in_the_middle() -> None:
    assert snippet(list("abcdefghi"), [3, 5]) == "... b c [d] e [f] g ..."
    assert snippet(list("abc"), []) == "a b c"


def test_wrong_queries() -> None:
    for query in ("", "(cat", "cat)", "cat OR", '"cat', "-", '""', "?"):
        with pytest.raises(QueryError):
            search(TEXTS, query)


def test_stems() -> None:
    assert [stem(word) for word in ("Berries", "ties", "glass", "bus", "king")] == [
        "berry",
        "ties",
        "glass",
        "bus",
        "king",
    ]
