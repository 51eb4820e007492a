import pytest

from .check_digits import BadCode, iban_check, is_iban, isbn13, luhn_digit


def test_a_card_number() -> None:
    assert luhn_digit("7992739871") == 3


def test_blanks_in_a_card_number() -> None:
    assert luhn_digit("4539 1488 0343 646") == 7


def test_one_doubled_digit() -> None:
    assert luhn_digit("4") == 2
    assert luhn_digit("6") == 7


def test_a_sum_that_needs_nothing() -> None:
    assert luhn_digit("000") == 0


def test_letters_are_no_card_number() -> None:
    with pytest.raises(BadCode, match="not a number"):
        luhn_digit("12a4")


def test_a_book() -> None:
    assert isbn13("0-306-40615-2") == "9780306406157"


def test_a_book_checked_by_x() -> None:
    assert isbn13("0-8044-2957-x") == "9780804429573"


def test_a_mistyped_book() -> None:
    with pytest.raises(BadCode, match="wrong check digit"):
        isbn13("0-306-40651-2")


def test_a_book_that_is_too_short() -> None:
    with pytest.raises(BadCode, match="not the number"):
        isbn13("030640615")


def test_the_check_digits_of_an_account() -> None:
    assert iban_check("DE", "370400440532013000") == "89"


def test_accounts_of_several_countries() -> None:
    assert is_iban("DE89 3704 0044 0532 0130 00")
    assert is_iban("nl91abna0417164300")
    assert is_iban("NO93 8601 1117 947")


def test_accounts_that_are_none() -> None:
    assert not is_iban("DE88 3704 0044 0532 0130 00")
    assert not is_iban("DE89 3704 0044 0532 0130")
    assert not is_iban("XX89 3704 0044 0532 0130 00")
