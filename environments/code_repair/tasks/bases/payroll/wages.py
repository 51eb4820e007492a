"""What is earned in a week before taxes."""

WEEK_MINUTES = 40 * 60
OVERTIME_PERCENT = 150
NIGHT_PERCENT = 25


def overtime(minutes: int) -> int:
    """Return how many of a week's paid minutes are overtime."""
    return max(0, minutes - WEEK_MINUTES)


def gross(minutes: int, night_minutes: int, hourly: int) -> int:
    """Return the cents earned in a week, rounded once, half a cent up.

    Args:
        minutes: all that are paid; those beyond 40 hours count 150 percent.
        night_minutes: those at night, for which 25 percent of the usual wage are added.
        hourly: cents an hour.
    """
    extra = overtime(minutes)
    hundredths = (minutes - extra) * 100 + extra * OVERTIME_PERCENT + night_minutes * NIGHT_PERCENT
    return (2 * hundredths * hourly + 6000) // 12000
