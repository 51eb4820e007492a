import pytest

from .errors import EventError
from .months import days_in_month
from .recurring_events import agenda, conflicts

MAY = ("2024-05-01T00:00+00:00", "2024-06-01T00:00+00:00")


def days(event: dict[str, object], first: str = MAY[0], last: str = MAY[1]) -> list[str]:
    rows = agenda([{"title": "x", "minutes": 30, "start": "2024-05-01T09:00+00:00", **event}], first, last)
    return [begin[5:10] for begin, _, _ in rows]


def test_once() -> None:
    event = {"title": "talk", "start": "2024-05-01T09:00+02:00", "minutes": 90}
    assert agenda([event], *MAY) == [["2024-05-01T07:00Z", "2024-05-01T08:30Z", "talk"]]


def test_every_third_day() -> None:
    assert days({"every": "day", "interval": 3, "times": 4}) == ["05-01", "05-04", "05-07", "05-10"]


def test_until_a_day() -> None:
    assert days({"every": "day", "until": "2024-05-03"}) == ["05-01", "05-02", "05-03"]


def test_days_left_out_are_counted() -> None:
    assert days({"every": "day", "times": 3, "without": ["2024-05-02"]}) == ["05-01", "05-03"]


def test_every_week() -> None:
    assert days({"every": "week", "times": 3}) == ["05-01", "05-08", "05-15"]


def test_some_days_of_every_second_week() -> None:
    event: dict[str, object] = {"every": "week", "interval": 2, "on": ["fri", "mon"], "times": 4}
    assert days(event) == ["05-03", "05-13", "05-17", "05-27"]


def test_the_end_of_every_month() -> None:
    event: dict[str, object] = {"start": "2024-01-31T09:00+00:00", "every": "month"}
    assert days(event, "2024-01-01T00:00+00:00", "2024-04-01T00:00+00:00") == ["01-31", "02-29", "03-31"]


def test_every_month_into_the_next_year() -> None:
    event: dict[str, object] = {"start": "2023-11-15T09:00+00:00", "every": "month", "times": 3}
    assert days(event, "2023-11-15T09:30+00:00", "2024-12-01T00:00+00:00") == ["12-15", "01-15"]


def test_what_takes_place_in_part() -> None:
    assert days({}, "2024-05-01T09:29+00:00", "2024-05-01T10:00+00:00") == ["05-01"]
    assert days({}, "2024-05-01T09:30+00:00", "2024-05-01T10:00+00:00") == []
    assert days({}, "2024-05-01T08:00+00:00", "2024-05-01T09:00+00:00") == []


def test_days_are_those_of_the_time_zone() -> None:
    event: dict[str, object] = {"start": "2024-05-02T00:30+02:00", "every": "day", "until": "2024-05-03"}
    assert days(event) == ["05-01", "05-02"]


def test_what_takes_place_at_the_same_time() -> None:
    first = {"title": "a", "start": "2024-05-01T09:00+00:00", "minutes": 60, "every": "day", "times": 2}
    second = {"title": "b", "start": "2024-05-01T11:30+02:00", "minutes": 60}
    third = {"title": "c", "start": "2024-05-01T10:00+00:00", "minutes": 60}
    assert conflicts([third, second, first], *MAY) == [
        ["2024-05-01T09:30Z", "a", "b"],
        ["2024-05-01T10:00Z", "b", "c"],
    ]


def test_wrong_events() -> None:
    wrong: list[dict[str, object]] = [{"every": "year"}, {"every": "day", "interval": 0}, {"minutes": 0}]
    wrong += [{"start": "2024-05-01T09:00"}, {"every": "week", "on": ["monday"]}]
    for event in wrong:
        with pytest.raises(EventError, match=r"^x: "):
            days(event)


def test_the_window_does_not_end_before_it_begins() -> None:
    with pytest.raises(EventError, match="window"):
        agenda([], MAY[1], MAY[0])


def test_days_of_months() -> None:
    assert [days_in_month(2023, month) for month in (1, 2, 4, 12)] == [31, 28, 30, 31]
