import pytest

from .interest import instalment, monthly_interest
from .loan import LoanError
from .loan_plan import affordable, plan, savings


def test_a_loan_without_interest() -> None:
    answer = plan({"cents": 1000, "rate": 0, "months": 3})
    assert answer == {"instalment": 334, "interest": 0, "months": [[0, 334, 666], [0, 334, 332], [0, 332, 0]]}


def test_interest_is_paid_on_what_is_owed() -> None:
    answer = plan({"cents": 100_000, "rate": 1200, "months": 3})
    assert answer["instalment"] == 34_003
    assert answer["months"] == [[1000, 33_003, 66_997], [670, 33_333, 33_664], [337, 33_664, 0]]
    assert answer["interest"] == 2007


def test_interest_is_rounded() -> None:
    assert monthly_interest(50, 1200) == 1
    assert monthly_interest(49, 1200) == 0
    assert monthly_interest(120_000, 450) == 450


def test_the_instalment_is_rounded_up() -> None:
    assert instalment(100, 0, 3) == 34
    assert instalment(100_000, 600, 12) == 8607


def test_one_month_pays_everything() -> None:
    assert plan({"cents": 6000, "rate": 200, "months": 1})["months"] == [[10, 6000, 0]]


def test_grace_pays_interest_only() -> None:
    answer = plan({"cents": 60_000, "rate": 1200, "months": 3, "grace": 2})
    assert answer["instalment"] == 60_600
    assert answer["months"] == [[600, 0, 60_000], [600, 0, 60_000], [600, 60_000, 0]]


def test_an_extra_payment_ends_the_loan_earlier() -> None:
    answer = plan({"cents": 1000, "rate": 0, "months": 4, "extras": {"2": 400}})
    assert answer["months"] == [[0, 250, 750], [0, 650, 100], [0, 100, 0]]


def test_no_more_is_paid_than_is_owed() -> None:
    assert plan({"cents": 1000, "rate": 0, "months": 4, "extras": {"1": 5000}})["months"] == [[0, 1000, 0]]


def test_extras_save_interest() -> None:
    record = {"cents": 100_000, "rate": 1200, "months": 3, "extras": {"1": 66_997}}
    assert savings(record) == {"interest": 1007, "months": 2}


def test_no_extras_save_nothing() -> None:
    assert savings({"cents": 100_000, "rate": 500, "months": 12}) == {"interest": 0, "months": 0}


def test_what_one_can_afford() -> None:
    assert affordable(100, 0, 12) == 1200
    most = affordable(10_000, 480, 24)
    assert instalment(most, 480, 24) <= 10_000 < instalment(most + 1, 480, 24)


def test_nothing_is_affordable_for_nothing() -> None:
    assert affordable(0, 300, 12) == 0


def test_loans_that_nobody_grants() -> None:
    for wrong in ({"cents": 0}, {"rate": -1}, {"months": 0}, {"grace": 3}, {"extras": {"x": 1}}, {"extras": {"1": -1}}):
        with pytest.raises(LoanError):
            plan({"cents": 1000, "rate": 100, "months": 3, **wrong})


def test_a_loan_needs_its_numbers() -> None:
    with pytest.raises(LoanError, match="missing"):
        plan({"cents": 1000, "rate": 100})
