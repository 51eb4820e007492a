"""Days and months."""

from calendar import monthrange
from datetime import UTC, date, datetime


def utc_day(moment: str) -> date:
    """Return the day in UTC at a moment such as `2024-01-31T23:30:00-02:00`; one without an offset is UTC itself.

    Raises:
        ValueError: the text is no moment.
    """
    when = datetime.fromisoformat(moment)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return when.astimezone(UTC).date()


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month if it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
