"""Plans for paying back loans."""

from dataclasses import replace
from typing import Any

from .interest import instalment
from .loan import Loan, LoanError, read_loan
from .schedule import months_of


def plan(record: dict[str, Any]) -> dict[str, Any]:
    """Return how a loan is paid back.

    Args:
        record: `cents`, `rate` (a year's, in basis points), `months`, and perhaps `grace` (months in which only
            interest is paid, 0) and `extras` (cents paid besides, by month, as in `{"3": 5000}`).

    Returns:
        `instalment`, `interest` (of all months), and `months`: [interest, repaid, owed afterwards] of each.

    Raises:
        LoanError: the record is wrong.
    """
    loan = read_loan(record)
    months = list(months_of(loan))
    return {
        "instalment": instalment(loan.cents, loan.rate, loan.months - loan.grace),
        "interest": sum(month.interest for month in months),
        "months": [[month.interest, month.repaid, month.owed] for month in months],
    }


def savings(record: dict[str, Any]) -> dict[str, int]:
    """Return the cents of interest (`interest`) and the months (`months`) that extra payments save.

    Raises:
        LoanError: the record is wrong.
    """
    loan = read_loan(record)
    with_extras = list(months_of(loan))
    without = list(months_of(replace(loan, extras={})))
    interest = sum(month.interest for month in without) - sum(month.interest for month in with_extras)
    return {"interest": interest, "months": len(without) - len(with_extras)}


def affordable(budget: int, rate: int, months: int) -> int:
    """Return the largest loan in cents whose instalment is within a monthly budget; 0 if there is none.

    Raises:
        LoanError: the budget, the rate or the months are out of range.
    """
    if budget < 0:
        raise LoanError("a budget is not negative")
    Loan(1, rate, months)  # refuses what is out of range
    fits, too_much = 0, budget * months + 1
    while too_much - fits > 1:
        middle = (fits + too_much) // 2
        if instalment(middle, rate, months) <= budget:
            fits = middle
        else:
            too_much = middle
    return fits
