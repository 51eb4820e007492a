"""Weeks as in ISO 8601: they begin on Monday, and belong to the year that has most of their days."""

import re
from datetime import date, timedelta

DAYS_IN_WEEK = 7
MONTHS_IN_YEAR = 12
THURSDAY = 3
LABEL = re.compile(r"([0-9]{4})-W([0-9]{2})")


def week_of(day: str) -> str:
    """Return the week that a day (`YYYY-MM-DD`) is in, in the form `YYYY-Www`.

    Raises:
        ValueError: the text is no date.
    """
    current = date.fromisoformat(day)
    thursday = current + timedelta(days=THURSDAY - current.weekday())
    days_before = (thursday - date(thursday.year, 1, 1)).days
    return f"{thursday.year:04d}-W{days_before // DAYS_IN_WEEK + 1:02d}"


def weeks_in(year: int) -> int:
    """Return how many weeks belong to a year: 52 or 53."""
    first_day = date(year, 1, 1).weekday()
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 53 if first_day == THURSDAY or (is_leap and first_day == THURSDAY - 1) else 52


def days_of(week: str) -> list[str]:
    """Return the seven days of a week (`YYYY-Www`), from Monday on.

    Raises:
        ValueError: the text has another form, or the year has no such week.
    """
    found = LABEL.fullmatch(week)
    if found is None:
        raise ValueError(f"{week!r} is not a week")
    year, number = int(found[1]), int(found[2])
    if not 1 <= number <= weeks_in(year):
        raise ValueError(f"{year} has no week {number}")
    fourth = date(year, 1, 4)
    monday = fourth - timedelta(days=fourth.weekday()) + timedelta(weeks=number - 1)
    return [(monday + timedelta(days=passed)).isoformat() for passed in range(DAYS_IN_WEEK)]


def month_sheet(year: int, month: int, first_weekday: int = 0) -> list[list[int]]:
    """Return the days of a month in rows of seven; 0 stands where there is no day of this month.

    Args:
        year: of the month.
        month: from 1 to 12.
        first_weekday: what rows begin with, from 0 (Monday) to 6 (Sunday).

    Raises:
        ValueError: there is no such month or weekday.
    """
    if not (1 <= month <= MONTHS_IN_YEAR and 0 <= first_weekday < DAYS_IN_WEEK):
        raise ValueError("no such month or weekday")
    first = date(year, month, 1)
    following = date(year + month // MONTHS_IN_YEAR, month % MONTHS_IN_YEAR + 1, 1)
    cells = [0] * ((first.weekday() - first_weekday) % DAYS_IN_WEEK)
    cells += range(1, (following - first).days + 1)
    cells += [0] * (-len(cells) % DAYS_IN_WEEK)
    return [cells[start : start + DAYS_IN_WEEK] for start in range(0, len(cells), DAYS_IN_WEEK)]
