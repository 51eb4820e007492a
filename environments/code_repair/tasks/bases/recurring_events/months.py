"""Going from month to month."""

from datetime import datetime, timedelta

MONTHS_IN_YEAR = 12


def days_in_month(year: int, month: int) -> int:
    """Return how many days a month has."""
    following = datetime(year + month // MONTHS_IN_YEAR, month % MONTHS_IN_YEAR + 1, 1)
    return (following - timedelta(days=1)).day


def add_months(moment: datetime, months: int) -> datetime:
    """Return the same day and time so many months later; the last day of the month if it has no such day."""
    years, month = divmod(moment.month - 1 + months, MONTHS_IN_YEAR)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, days_in_month(year, month + 1)))
