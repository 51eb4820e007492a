"""Keeping books by double entry."""

from typing import Any

from .accounts import Accounts, sign_of, with_parents
from .entries import Entry, read_entry
from .errors import LedgerError


def trial_balance(lines: list[str], until: int | None = None) -> dict[str, Any]:
    """Return what is on all accounts after the lines that can be posted; the others are left out.

    A line is `DAY | POSTING | POSTING ...`. A posting is `ACCOUNT AMOUNT`, and one in a line may do without its amount:
    it takes what makes the line add up to 0. Positive amounts are debits. Amounts are in cents in all results.

    Args:
        lines: the entries, in any order of days.
        until: the last day that counts; None for all of them.

    Returns:
        `balances`: what is on each account and each group of accounts, unless it is 0. `profit`: income less
        expenses. `refused`: a text such as `line 3: no day` for each line that cannot be posted, whatever its day.
    """
    accounts = Accounts()
    refused: list[str] = []
    for number, text in enumerate(lines, start=1):
        try:
            entry = read_entry(text, number)
        except LedgerError as error:
            refused.append(str(error))
            continue
        if until is None or entry.day <= until:
            for account, cents in entry.postings:
                accounts.post(account, cents)
    profit = accounts.balance("income") - accounts.balance("expense")
    return {"balances": accounts.balances(), "profit": profit, "refused": refused}


def statement(lines: list[str], account: str) -> list[list[int]]:
    """Return [day, change, balance] for each day on which an account, or one that belongs to it, was posted to.

    Days come in order; one on which the postings cancel out is there too. Signs are those of the account's kind.

    Raises:
        KeyError: the account is of no known kind.
        LedgerError: a line cannot be posted.
    """
    sign = sign_of(account)
    entries = [read_entry(text, number) for number, text in enumerate(lines, start=1)]
    rows: list[list[int]] = []
    balance = 0
    for entry in sorted(entries, key=lambda entry: entry.day):
        if not _touches(entry, account):
            continue
        change = sign * entry.amount_of(account)
        balance += change
        if rows and rows[-1][0] == entry.day:
            rows[-1][1] += change
            rows[-1][2] = balance
        else:
            rows.append([entry.day, change, balance])
    return rows


def _touches(entry: Entry, account: str) -> bool:
    return any(account in with_parents(name) for name, _ in entry.postings)
