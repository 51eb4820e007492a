import pytest

from .loyalty import EventError, statement
from .tiers import missing, points_for, tier_of


def test_a_purchase_gives_points() -> None:
    assert statement([["2024-01-10", "buy", 12_399]], "2024-01-10") == {
        "points": 123,
        "redeemed": 0,
        "expired": 0,
        "tier": "bronze",
        "to_next_tier": 377,
        "next_to_expire": ["2025-01-09", 123],
        "refused": [],
    }


def test_tiers() -> None:
    assert [tier_of(points) for points in (0, 499, 500, 2000)] == ["bronze", "bronze", "silver", "gold"]
    assert [missing(points) for points in (0, 500, 2500)] == [500, 1500, None]


def test_points_depend_on_the_tier() -> None:
    assert points_for(350, "silver") == 3
    assert points_for(10_000, "gold") == 150


def test_a_tier_counts_from_the_next_purchase_on() -> None:
    answer = statement([["2024-01-10", "buy", 50_000], ["2024-01-11", "buy", 10_000]], "2024-01-11")
    assert answer["points"] == 625
    assert answer["tier"] == "silver"


def test_points_expire() -> None:
    events = [["2023-01-10", "buy", 20_000]]
    assert statement(events, "2024-01-09")["points"] == 200
    answer = statement(events, "2024-01-10")
    assert (answer["points"], answer["expired"], answer["to_next_tier"]) == (0, 200, 500)


def test_gifts_do_not_last() -> None:
    answer = statement([["2024-03-01", "gift", 600]], "2024-03-30")
    assert (answer["points"], answer["tier"], answer["next_to_expire"]) == (600, "bronze", ["2024-03-31", 600])
    assert statement([["2024-03-01", "gift", 600]], "2024-03-31")["points"] == 0


def test_redeeming() -> None:
    answer = statement([["2024-01-10", "buy", 60_000], ["2024-01-12", "redeem", 150]], "2024-01-12")
    assert (answer["points"], answer["redeemed"], answer["tier"]) == (450, 150, "silver")


def test_what_expires_first_is_used_first() -> None:
    events = [["2024-01-10", "buy", 20_000], ["2024-01-11", "gift", 150], ["2024-01-12", "redeem", 100]]
    assert statement(events, "2024-01-12")["next_to_expire"] == ["2024-02-10", 50]
    assert statement(events, "2024-02-10")["points"] == 200


def test_redeeming_too_little_or_too_much() -> None:
    events = [["2024-01-10", "buy", 20_000], ["2024-01-10", "redeem", 99], ["2024-01-10", "redeem", 201]]
    answer = statement(events, "2024-01-10")
    assert answer["refused"] == ["event 2: too few points", "event 3: only 200 points"]
    assert answer["points"] == 200


def test_a_purchase_can_be_returned() -> None:
    answer = statement([["2024-01-10", "buy", 60_000], ["2024-01-24", "return", 1]], "2024-01-24")
    assert (answer["points"], answer["tier"], answer["expired"]) == (0, "bronze", 0)


def test_used_points_stay_used() -> None:
    events = [
        ["2024-01-10", "buy", 20_000],
        ["2024-01-11", "redeem", 120],
        ["2024-01-12", "buy", 10_000],
        ["2024-01-13", "return", 1],
    ]
    assert statement(events, "2024-01-13")["points"] == 100


def test_returns_that_are_refused() -> None:
    events = [["2024-01-10", "buy", 500], ["2024-01-25", "return", 1], ["2024-01-25", "return", 2]]
    assert statement(events, "2024-01-25")["refused"] == ["event 2: too late", "event 3: no such purchase"]


def test_numbers_below_one() -> None:
    assert statement([["2024-01-10", "buy", 0]], "2024-01-10")["refused"] == ["event 1: not above 0"]


def test_events_that_make_no_sense() -> None:
    with pytest.raises(EventError, match="unknown"):
        statement([["2024-01-10", "steal", 5]], "2024-01-10")
    with pytest.raises(EventError, match="order"):
        statement([["2024-01-10", "buy", 5]], "2024-01-09")
