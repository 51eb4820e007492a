import pytest

from .distance import distance
from .spell_suggest import correct, suggest

KNOWN = {"the": 50, "cat": 9, "cut": 2, "coat": 5, "house": 8, "horse": 8, "mouse": 3, "don't": 4, "at": 20}


def test_a_known_word_is_suggested_alone() -> None:
    assert suggest("cat", KNOWN) == ["cat"]
    assert suggest("CAT", KNOWN) == ["CAT"]


def test_similar_words_by_distance() -> None:
    assert suggest("cet", KNOWN) == ["cat", "cut"]
    assert suggest("hause", KNOWN) == ["house", "horse", "mouse"]


def test_the_first_letter_decides_before_frequency() -> None:
    assert suggest("ctt", {"ctx": 1, "att": 9}) == ["ctx", "att"]


def test_frequency_decides_before_the_alphabet() -> None:
    assert suggest("xab", {"xad": 1, "xac": 1, "xaz": 2}) == ["xaz", "xac", "xad"]


def test_only_so_many_suggestions() -> None:
    assert suggest("hause", KNOWN, 1) == ["house"]
    with pytest.raises(ValueError, match="at least one"):
        suggest("hause", KNOWN, 0)


def test_short_words_allow_fewer_edits() -> None:
    assert suggest("cxxt", KNOWN) == []
    assert suggest("housxx", KNOWN) == ["house"]


def test_words_run_together() -> None:
    assert suggest("thecat", KNOWN) == ["the cat"]
    assert suggest("abc", {"a": 5, "bc": 1, "ab": 2, "c": 2}) == ["ab", "bc", "ab c"]


def test_case_is_kept() -> None:
    assert suggest("Teh", KNOWN) == ["The"]
    assert suggest("TEH", KNOWN) == ["THE"]


def test_case_of_known_words_does_not_matter() -> None:
    assert suggest("ct", {"Cat": 1, "CAT": 1, "cot": 1}) == ["cat", "cot"]


def test_a_text_is_corrected() -> None:
    assert correct("Teh cat, teh hause!", KNOWN) == {
        "text": "The cat, the house!",
        "changes": {"teh": 2, "hause": 1},
    }


def test_some_words_stay() -> None:
    assert correct("Teh qqqqq", KNOWN, ["TEH"]) == {"text": "Teh qqqqq", "changes": {}}


def test_words_with_an_apostrophe() -> None:
    assert correct("Dont' don't 'cat'", KNOWN)["text"] == "Don't' don't 'cat'"


def test_distances() -> None:
    assert [distance("cat", other) for other in ("cat", "act", "cut", "bat", "cart", "")] == [0, 2, 1, 2, 2, 6]
    assert distance("ca", "abc") == 6
