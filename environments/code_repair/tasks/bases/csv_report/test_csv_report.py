import pytest

from .csv_report import report
from .reading import TableError, read_table

SALES = """\
shop,item,price
Oslo,tea,3.50
Rome,cup,"1,200"
oslo,pen,
"""


def test_records_are_counted() -> None:
    assert report(SALES, "shop") == [
        "shop   count",
        "-----  -----",
        "Oslo       2",
        "Rome       1",
        "-----  -----",
        "total      3",
    ]


def test_a_sum() -> None:
    assert report(SALES, "shop", ["sum price"])[2:] == [
        "Oslo        3.50",
        "Rome     1200.00",
        "-----  ---------",
        "total    1203.50",
    ]


def test_means_are_rounded() -> None:
    assert report("a;b\nx;1\nx;2\nx;2.015", "a", ["mean b", "median b"], ";")[-1] == "total    1.67      2.00"


def test_halves_are_rounded_up() -> None:
    assert report("a,b\nx,0.125", "a", ["max b"])[2] == "x       0.13"


def test_nothing_to_measure() -> None:
    assert report(SALES, "item", ["max price"])[3] == "pen            -"


def test_empty_names_are_shown() -> None:
    assert report("a,b\nx,1\n,2", "a")[2:4] == ["(none)      1", "x           1"]


def test_a_table_without_records() -> None:
    assert report("a,b\n", "a", ["sum b"]) == ["a  sum b", "-  -----"]


def test_an_unknown_column() -> None:
    with pytest.raises(TableError, match="no column size"):
        report(SALES, "size")


def test_a_field_that_is_no_number() -> None:
    with pytest.raises(TableError, match="tea is no number"):
        report(SALES, "shop", ["sum item"])


def test_quoted_fields() -> None:
    assert read_table('a, b\n"x ""1"", \ny" ,  z ') == [{"a": 'x "1", \ny', "b": "z"}]


def test_empty_fields_and_lines() -> None:
    assert read_table("a,b\n\n,\n  \nx,") == [{"a": "", "b": ""}, {"a": "x", "b": ""}]


def test_a_record_that_is_too_short() -> None:
    with pytest.raises(TableError, match="record 2 has 1 fields"):
        read_table("a,b\n1,2\n3")


def test_a_quoted_field_must_end() -> None:
    with pytest.raises(TableError, match="does not end"):
        read_table('a\n"x')
