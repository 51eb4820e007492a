import pytest

from .columns import column_name


def test_the_first_column() -> None:
    assert column_name(1) == "A"


def test_the_last_single_letter() -> None:
    assert column_name(26) == "Z"


def test_two_letters() -> None:
    assert column_name(27) == "AA"
    assert column_name(52) == "AZ"


def test_the_last_two_letters() -> None:
    assert column_name(702) == "ZZ"


def test_three_letters() -> None:
    assert column_name(703) == "AAA"


def test_there_is_no_column_zero() -> None:
    with pytest.raises(ValueError, match="from 1"):
        column_name(0)
