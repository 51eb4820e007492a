import pytest

from .errors import LedgerError
from .ledger import statement, trial_balance

SHOP = [
    "1 | asset:bank 1000.00 | equity:start",
    "2 | expense:rent 300.00 | asset:bank -300.00",
    "5 | asset:cash 80.00 | asset:bank 39.50 | income:sales",
]


def test_balances_have_their_natural_signs() -> None:
    balances = trial_balance(SHOP[:2])["balances"]
    assert balances["asset:bank"] == 70000
    assert balances["equity:start"] == 100000
    assert balances["expense:rent"] == 30000


def test_groups_are_added_up() -> None:
    balances = trial_balance(SHOP)["balances"]
    assert balances["asset"] == 81950
    assert balances["asset:cash"] == 8000


def test_profit_is_income_less_expenses() -> None:
    assert trial_balance(SHOP)["profit"] == 11950 - 30000


def test_later_days_do_not_count() -> None:
    assert trial_balance(SHOP, 4)["profit"] == -30000
    assert trial_balance(SHOP, 5)["profit"] == -18050


def test_zeros_are_left_out() -> None:
    lines = ["1 | asset:cash 5.00 | asset:bank", "1 | asset:bank 5.00 | asset:cash"]
    assert trial_balance(lines)["balances"] == {}


def test_refused_lines_change_nothing() -> None:
    lines = ["x | asset:a 1.00 | asset:b", "1 | asset:a 1.00", "1 | asset:a 1.00 | asset:b 1.00"]
    answer = trial_balance(lines)
    assert answer["balances"] == {}
    assert answer["refused"] == ["line 1: no day", "line 2: too few postings", "line 3: does not balance"]


def test_two_amounts_cannot_be_missing() -> None:
    assert trial_balance(["1 | asset:a 1.00 | asset:b | asset:c"])["refused"] == ["line 1: does not balance"]


def test_what_is_not_a_posting() -> None:
    lines = ["1 | asset 1.00 | asset:b", "2 | stock:a 1.00 | asset:b", "3 | asset:a 1.5 | asset:b"]
    assert trial_balance(lines)["refused"] == [
        "line 1: not a posting: asset 1.00",
        "line 2: unknown kind: stock:a",
        "line 3: not a posting: asset:a 1.5",
    ]


def test_a_statement_runs_through_the_days() -> None:
    assert statement(SHOP, "asset:bank") == [[1, 100000, 100000], [2, -30000, 70000], [5, 3950, 73950]]


def test_a_statement_sorts_and_joins_days() -> None:
    lines = ["9 | asset:a -2.00 | expense:x", "3 | asset:a 5.00 | income:y", "9 | asset:b 1.00 | income:y"]
    assert statement(lines, "asset") == [[3, 500, 500], [9, -100, 400]]


def test_a_statement_keeps_accounts_apart() -> None:
    assert statement(["1 | asset:bank 1.00 | asset:banker"], "asset:bank") == [[1, 100, 100]]


def test_a_statement_needs_a_known_kind() -> None:
    with pytest.raises(KeyError):
        statement(SHOP, "stock:tea")


def test_a_statement_needs_good_lines() -> None:
    with pytest.raises(LedgerError, match="line 2: no day") as caught:
        statement([SHOP[0], "| asset:a 1.00 | asset:b"], "asset")
    assert caught.value.line == 2
