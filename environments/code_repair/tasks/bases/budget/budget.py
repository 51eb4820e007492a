"""Household budgets."""

from typing import Any

from .bank import read_payments
from .envelopes import Envelope
from .months import months_from
from .rules import OTHER, make_sorter


def report(
    lines: list[str], rules: list[list[str]], monthly: dict[str, int], first: str, last: str
) -> dict[str, dict[str, Any]]:
    """Return what became of each category's money from the first to the last month.

    Args:
        lines: the bank's list, as in `2024-05-31 12.50 Corner Shop`, in any order; other months do not count.
        rules: pairs of a pattern and the category of the payments that fit it; the first that fits counts.
        monthly: cents a month by category; others have nothing.
        first: the first month, as in `2024-05`.
        last: the last one.

    Returns:
        By category, in alphabetical order, `spent`, `left`, `overspent` (a number of months) and `dearest` (the month
        in which most was spent, the first of equal ones, or None if nothing was). There are those with money a month
        and those with payments in these months.

    Raises:
        PaymentError: a line is no payment.
        ValueError: a month is none.
    """
    months = months_from(first, last)
    spent = spending(lines, rules, months)
    answer: dict[str, dict[str, Any]] = {}
    for category in sorted(monthly.keys() | spent.keys()):
        by_month = spent.get(category, {})
        envelope = Envelope(monthly.get(category, 0))
        for month in months:
            envelope.fill()
            envelope.spend(by_month.get(month, 0))
        answer[category] = {
            "spent": sum(by_month.values()),
            "left": envelope.left,
            "overspent": envelope.overspent,
            "dearest": dearest(by_month),
        }
    return answer


def spending(lines: list[str], rules: list[list[str]], months: list[str]) -> dict[str, dict[str, int]]:
    """Return the cents spent by category and month; only pairs with payments are there.

    Raises:
        PaymentError: a line is no payment.
    """
    category_of = make_sorter(rules)
    spent: dict[str, dict[str, int]] = {}
    for payment in read_payments(lines):
        if payment.month in months:
            by_month = spent.setdefault(category_of(payment.purpose), {})
            by_month[payment.month] = by_month.get(payment.month, 0) + payment.cents
    return spent


def dearest(by_month: dict[str, int]) -> str | None:
    """Return the month with the highest spending above 0, the earliest of equal ones, or None."""
    ranked = sorted(by_month, key=lambda month: (-by_month[month], month))
    return ranked[0] if ranked and by_month[ranked[0]] > 0 else None


def unsorted(lines: list[str], rules: list[list[str]]) -> list[str]:
    """Return the purposes of all payments that fit no rule, each once, in alphabetical order.

    Raises:
        PaymentError: a line is no payment.
    """
    category_of = make_sorter(rules)
    return sorted({payment.purpose for payment in read_payments(lines) if category_of(payment.purpose) == OTHER})
