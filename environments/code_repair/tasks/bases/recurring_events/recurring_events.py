"""What takes place when, of events that recur."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from .errors import EventError
from .event import read_event, read_moment

Fields = Mapping[str, object]
Entry = tuple[datetime, datetime, str]

WINDOW = "window"


def agenda(events: Sequence[Fields], first: str, last: str) -> list[list[str]]:
    """Return what takes place, even in part, from the first moment to before the last one.

    Args:
        events: each has a `title`, `start` and `minutes`, and may recur `every` "day", "week" or "month": with an
            `interval` (1 if not given), `on` weekdays ("mon" to "sun"; for weeks only), so many `times`, `until` a day,
            `without` some days.
        first: like `2024-05-01T09:00+02:00`.
        last: likewise.

    Returns:
        Rows [beginning, end, title] in UTC (`2024-05-01T07:00Z`), sorted.

    Raises:
        EventError: an event makes no sense, or a moment has no time zone.
    """
    return [[utc(begin), utc(end), title] for begin, end, title in entries(events, first, last)]


def conflicts(events: Sequence[Fields], first: str, last: str) -> list[list[str]]:
    """Return what of an agenda takes place at the same time, even for a moment.

    Returns:
        Rows [beginning of both taking place, title, title]; the first title is that of what comes first in the agenda.
        Sorted as the agenda is, by the second one.
    """
    found: list[list[str]] = []
    running: list[Entry] = []
    for entry in entries(events, first, last):
        running = [other for other in running if other[1] > entry[0]]
        found += [[utc(entry[0]), other[2], entry[2]] for other in running]
        running.append(entry)
    return found


def entries(events: Sequence[Fields], first: str, last: str) -> list[Entry]:
    """Return beginning, end and title of what takes place, sorted."""
    begin, end = read_moment(WINDOW, first), read_moment(WINDOW, last)
    if end < begin:
        raise EventError(WINDOW, "ends before it begins")
    return sorted((*times, event.title) for event in map(read_event, events) for times in event.within(begin, end))


def utc(moment: datetime) -> str:
    """Return a moment in UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
