"""Events, and when they take place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import EventError
from .rules import Rule, read_rule


@dataclass(frozen=True)
class Event:
    """Something that takes place once or again and again.

    Attributes:
        title: what it is called.
        start: when it begins first, in its own time zone.
        duration: how long it takes.
        rule: how it recurs; None if it does not.
        times: how often it takes place at most, those left out included; None for no limit.
        until: the last day (YYYY-MM-DD) on which it may begin; None for no limit.
        without: days (YYYY-MM-DD) on which it does not take place.
    """

    title: str
    start: datetime
    duration: timedelta
    rule: Rule | None
    times: int | None
    until: str | None
    without: frozenset[str]

    def beginnings(self) -> Iterator[datetime]:
        """Yield when it begins, in order; without end if nothing limits it."""
        moments = self.rule.moments(self.start) if self.rule else iter([self.start])
        for number, moment in enumerate(moments):
            day = moment.date().isoformat()
            if number == self.times or (self.until is not None and day > self.until):
                break
            if day not in self.without:
                yield moment

    def within(self, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield beginning and end of what takes place, even in part, from the first moment to before the last."""
        for begin in self.beginnings():
            if begin >= last:
                return
            if begin + self.duration > first:
                yield begin, begin + self.duration


def read_event(fields: Mapping[str, object]) -> Event:
    """Return the event that is given as plain data.

    Raises:
        EventError: it makes no sense.
    """
    title = str(fields["title"])
    start = read_moment(title, str(fields["start"]))
    minutes, times, until, without = (fields.get(name) for name in ("minutes", "times", "until", "without"))
    if not isinstance(minutes, int) or minutes < 1:
        raise EventError(title, "must take at least one minute")
    return Event(
        title,
        start,
        timedelta(minutes=minutes),
        read_rule(title, fields) if "every" in fields else None,
        times if isinstance(times, int) else None,
        until if isinstance(until, str) else None,
        frozenset(without) if isinstance(without, Sequence) else frozenset(),
    )


def read_moment(title: str, text: str) -> datetime:
    """Return the moment that a text such as `2024-05-01T09:00+02:00` tells; it must have a time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise EventError(title, "needs a time zone")
    return moment
