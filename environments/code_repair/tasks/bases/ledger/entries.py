"""Reading entries such as `7 | asset:bank 120.00 | income:sales`."""

import re
from dataclasses import dataclass

from .accounts import KINDS, SEPARATOR, with_parents
from .errors import LedgerError

POSTING = re.compile(r"([a-z]+(?::[a-z]+)+)(?: +(-?)([0-9]+)\.([0-9]{2}))?")
LEAST_POSTINGS = 2


@dataclass(frozen=True)
class Entry:
    """What happened on one day: amounts in cents that add up to 0, each with its account."""

    day: int
    postings: list[tuple[str, int]]

    def amount_of(self, account: str) -> int:
        """Return what is posted to an account and those that belong to it."""
        return sum(cents for name, cents in self.postings if account in with_parents(name))


def read_entry(text: str, line: int) -> Entry:
    """Return the entry of a line.

    Raises:
        LedgerError: it has no day or too few postings, a posting is not one, or the amounts do not add up to 0.
    """
    day, *parts = [part.strip() for part in text.split("|")]
    if not re.fullmatch("[0-9]+", day):
        raise LedgerError(line, "no day")
    if len(parts) < LEAST_POSTINGS:
        raise LedgerError(line, "too few postings")
    amounts = [_read_posting(part, line) for part in parts]
    rest = -sum(cents for _, cents in amounts if cents is not None)
    missing = sum(cents is None for _, cents in amounts)
    if missing > 1 or (missing == 0 and rest != 0):
        raise LedgerError(line, "does not balance")
    return Entry(int(day), [(account, rest if cents is None else cents) for account, cents in amounts])


def _read_posting(text: str, line: int) -> tuple[str, int | None]:
    found = POSTING.fullmatch(text)
    if found is None:
        raise LedgerError(line, f"not a posting: {text}")
    account, minus, units, cents = found.groups()
    if account.split(SEPARATOR)[0] not in KINDS:
        raise LedgerError(line, f"unknown kind: {account}")
    if units is None:
        return account, None
    amount = int(units) * 100 + int(cents)
    return account, -amount if minus else amount
