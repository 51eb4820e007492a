"""Rules by which events recur."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from .errors import EventError
from .months import add_months

DAYS_IN_WEEK = 7
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Rule(ABC):
    """A way to recur.

    Attributes:
        interval: of so many days, weeks or months only one counts.
    """

    interval: int

    @abstractmethod
    def moments(self, start: datetime) -> Iterator[datetime]:
        """Yield without end when an event takes place that begins then, in order."""


class Daily(Rule):
    """On every day."""

    def moments(self, start: datetime) -> Iterator[datetime]:
        """Yield the start, and the same time on later days."""
        for number in count():
            yield start + timedelta(days=number * self.interval)


class Monthly(Rule):
    """On the same day of every month, or on the last day of months that are too short."""

    def moments(self, start: datetime) -> Iterator[datetime]:
        """Yield the start, and the same time in later months."""
        for number in count():
            yield add_months(start, number * self.interval)


@dataclass(frozen=True)
class Weekly(Rule):
    """On some days of every week; weeks begin on Monday.

    Attributes:
        days: weekdays, Monday is 0; none means that of the start.
    """

    days: tuple[int, ...] = ()

    def moments(self, start: datetime) -> Iterator[datetime]:
        """Yield the same time on the days from the start on; the start itself only if it is one of them."""
        monday = start - timedelta(days=start.weekday())
        for number in count():
            for day in sorted(set(self.days)) or [start.weekday()]:
                moment = monday + timedelta(days=DAYS_IN_WEEK * self.interval * number + day)
                if moment >= start:
                    yield moment


def read_rule(title: str, fields: Mapping[str, object]) -> Rule:
    """Return the rule that is given by `every`, `interval` and `on`.

    Raises:
        EventError: the rule makes no sense.
    """
    interval = fields.get("interval", 1)
    if not isinstance(interval, int) or interval < 1:
        raise EventError(title, "the interval must be at least 1")
    match fields["every"]:
        case "day":
            return Daily(interval)
        case "week":
            return Weekly(interval, weekdays(title, fields.get("on", [])))
        case "month":
            return Monthly(interval)
        case other:
            raise EventError(title, f"cannot recur every {other}")


def weekdays(title: str, names: object) -> tuple[int, ...]:
    """Return the numbers of weekdays."""
    try:
        return tuple(WEEKDAYS.index(name) for name in names) if isinstance(names, list) else ()
    except ValueError:
        raise EventError(title, "unknown weekday") from None
