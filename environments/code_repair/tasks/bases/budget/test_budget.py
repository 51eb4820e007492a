import pytest

from .bank import PaymentError
from .budget import dearest, report, spending, unsorted
from .months import months_from

RULES = [["corner shop*", "food"], ["*shop", "things"], ["rent", "home"]]


def test_months_go_on_over_the_year() -> None:
    assert months_from("2023-11", "2024-02") == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert months_from("2024-02", "2024-01") == []


def test_the_first_rule_counts() -> None:
    lines = ["2024-05-01 10.00 Corner Shop", "2024-05-02 5.00 Book Shop", "2024-05-03 1.00 Shop 24"]
    assert spending(lines, RULES, ["2024-05"]) == {
        "food": {"2024-05": 1000},
        "things": {"2024-05": 500},
        "other": {"2024-05": 100},
    }


def test_patterns_are_no_expressions() -> None:
    assert unsorted(["2024-05-01 1 axb", "2024-05-01 1 a.b"], [["a.b", "x"]]) == ["axb"]


def test_payments_of_a_month_are_added_up() -> None:
    lines = ["2024-05-01 10 Rent", "2024-06-01 20,50 Rent", "2024-05-31 -2.25 Rent "]
    assert spending(lines, RULES, ["2024-05", "2024-06"]) == {"home": {"2024-05": 775, "2024-06": 2050}}


def test_a_month_within_its_limit() -> None:
    answer = report(["2024-05-01 10.00 Rent"], RULES, {"home": 1500}, "2024-05", "2024-05")
    assert answer == {"home": {"spent": 1000, "left": 500, "overspent": 0, "dearest": "2024-05"}}


def test_what_is_left_is_kept() -> None:
    answer = report(["2024-06-01 25.00 Rent"], RULES, {"home": 1500}, "2024-05", "2024-06")
    assert (answer["home"]["left"], answer["home"]["overspent"]) == (500, 0)


def test_only_two_months_are_kept() -> None:
    assert report([], RULES, {"home": 1000}, "2024-01", "2024-12")["home"]["left"] == 3000


def test_debts_are_kept() -> None:
    answer = report(["2024-05-01 35.00 Rent"], RULES, {"home": 1000}, "2024-05", "2024-07")
    assert (answer["home"]["left"], answer["home"]["overspent"]) == (-500, 1)


def test_other_months_do_not_count() -> None:
    answer = report(["2024-04-30 9.00 Rent", "2024-06-01 9.00 Pub"], RULES, {"home": 1000}, "2024-05", "2024-05")
    assert answer == {"home": {"spent": 0, "left": 1000, "overspent": 0, "dearest": None}}


def test_categories_without_money() -> None:
    answer = report(["2024-05-01 9.00 Pub"], RULES, {}, "2024-05", "2024-05")
    assert answer == {"other": {"spent": 900, "left": -900, "overspent": 1, "dearest": "2024-05"}}


def test_the_dearest_month() -> None:
    assert dearest({"2024-03": 5, "2024-02": 9, "2024-01": 9}) == "2024-01"
    assert dearest({"2024-03": -5}) is None


def test_comments_are_skipped() -> None:
    assert unsorted(["# May", "", "  ", "2024-05-01 9.00 Pub"], RULES) == ["Pub"]


def test_lines_that_are_no_payments() -> None:
    with pytest.raises(PaymentError, match="line 2") as caught:
        spending(["2024-05-01 9.00 Pub", "2024-05-01 9.5 Pub"], RULES, [])
    assert caught.value.line == 2


def test_texts_that_are_no_months() -> None:
    for month in ("2024-13", "2024-00", "2024", "2024-5"):
        with pytest.raises(ValueError, match="not a month"):
            months_from(month, "2024-12")
