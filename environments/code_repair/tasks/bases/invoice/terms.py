"""Until when an invoice is to be paid."""

import re
from calendar import monthrange
from datetime import date, timedelta

SATURDAY = 5
DAYS_A_WEEK = 7


class UnknownTerms(ValueError):
    """Terms of payment that nobody has agreed on."""


def due_date(issued: str, terms: str) -> str:
    """Return the last day of payment; a Saturday or Sunday gives way to the Monday after.

    Args:
        issued: a day such as `2024-05-31`.
        terms: `at once`, `net 30` (so many days later) or `end of month`.

    Raises:
        UnknownTerms: the terms are others.
        ValueError: there is no such day.
    """
    day = date.fromisoformat(issued)
    if found := re.fullmatch(r"net ([0-9]{1,3})", terms):
        day += timedelta(days=int(found[1]))
    elif terms == "end of month":
        day = day.replace(day=monthrange(day.year, day.month)[1])
    elif terms != "at once":
        raise UnknownTerms(terms)
    if day.weekday() >= SATURDAY:
        day += timedelta(days=DAYS_A_WEEK - day.weekday())
    return day.isoformat()
