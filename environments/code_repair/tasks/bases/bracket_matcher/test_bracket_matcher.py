import pytest

from .bracket_matcher import UnbalancedError, first_fault, match_brackets


def test_one_pair() -> None:
    assert match_brackets("f(x)") == [[1, 3]]


def test_pairs_are_ordered_by_their_opening() -> None:
    assert match_brackets("{a[0](b)}") == [[0, 8], [2, 4], [5, 7]]


def test_no_brackets() -> None:
    assert match_brackets("plain") == []


def test_quoted_brackets_do_not_count() -> None:
    assert match_brackets("('(' \"]\")") == [[0, 8]]


def test_an_escaped_quote_does_not_end_the_passage() -> None:
    assert match_brackets(r"('\')')") == [[0, 6]]


def test_kinds_must_fit() -> None:
    with pytest.raises(UnbalancedError, match="unexpected ] at 2"):
        match_brackets("(a]")


def test_a_lonely_closing_bracket() -> None:
    assert first_fault("ab)") == 2


def test_the_last_open_bracket_is_the_fault() -> None:
    assert first_fault("([x]{") == 4


def test_an_unfinished_quote() -> None:
    assert first_fault("(a 'b)") == 3


def test_no_fault() -> None:
    assert first_fault("[()]") is None


def test_an_unfinished_quote_inside_brackets_comes_first() -> None:
    assert first_fault('["]') == 1
