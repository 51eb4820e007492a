import pytest

from .bursts import find_bursts
from .log_summary import summarize
from .shapes import shape_of

LOG = """\
2024-03-01T12:00:00+01:00 ERROR [db] no answer after 30 s
2024-03-01T11:00:50 WARNING [web.login] user "ann" is slow
  1 request waits
2024-03-01T11:01:50+00:00 ERROR [db] no answer after 45 s

2024-03-01T10:59:59 INFO [web] started
2024-03-01T13:00:00 WARNING [web.login] user "bo" is slow
garbage
"""


def test_levels_are_counted() -> None:
    assert summarize(LOG)["levels"] == {"INFO": 1, "WARNING": 2, "ERROR": 2}


def test_messages_of_one_shape_are_one() -> None:
    assert summarize(LOG)["messages"] == ["2 ERROR db: no answer after <n> s", '2 WARNING web.login: user "*" is slow']


def test_only_the_first_messages_are_listed() -> None:
    assert len(summarize(LOG, "INFO", 1)["messages"]) == 1


def test_hours_are_those_of_utc() -> None:
    assert summarize(LOG)["hours"] == {"2024-03-01 11h": 3, "2024-03-01 13h": 1}


def test_a_burst() -> None:
    assert summarize(LOG)["bursts"] == ["11:00:00 - 11:01:50: 3"]


def test_wrong_lines() -> None:
    assert summarize(LOG)["wrong"] == [8]


def test_a_time_that_does_not_exist() -> None:
    assert summarize("2024-02-30T00:00:00 INFO [a] x")["wrong"] == [1]


def test_nothing_to_continue() -> None:
    assert summarize("  more\n2024-02-20T00:00:00 INFO [a] x")["wrong"] == [1]


def test_an_empty_log() -> None:
    assert summarize("") == {"levels": {}, "messages": [], "hours": {}, "bursts": [], "wrong": []}


def test_an_unknown_level() -> None:
    with pytest.raises(ValueError, match="no such level"):
        summarize(LOG, "FATAL")


def test_details_of_messages() -> None:
    assert shape_of('0x1f: "a 1" and 10.0.0.1, v2') == '<id>: "*" and <n>, v2'


def test_a_gap_ends_a_burst() -> None:
    assert find_bursts([0, 5, 11, 12], 5, 2) == [[0, 5, 2], [11, 12, 2]]
