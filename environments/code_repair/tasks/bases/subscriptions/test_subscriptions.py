import pytest

from .plans import UnknownPlan
from .subscription import SubscriptionError
from .subscriptions import charges, total


def test_every_month_is_charged() -> None:
    assert charges([["2024-03-05T10:00:00", "ann", "start", "basic"]], "2024-05-05") == {
        "ann": [["2024-03-05", 900, "basic"], ["2024-04-05", 900, "basic"], ["2024-05-05", 900, "basic"]]
    }


def test_short_months_end_early() -> None:
    answer = charges([["2023-12-31T00:00:00", "ann", "start", "plus"]], "2024-03-31")
    assert [day for day, _, _ in answer["ann"]] == ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"]


def test_a_trial_is_free() -> None:
    events = [["2024-06-10T08:00:00", "ann", "trial", "team"]]
    assert charges(events, "2024-06-23") == {"ann": []}
    assert charges(events, "2024-06-24") == {"ann": [["2024-06-24", 4900, "team"]]}


def test_a_dearer_plan_begins_at_once() -> None:
    events = [["2024-04-01T09:00:00", "ann", "start", "basic"], ["2024-04-16T09:00:00", "ann", "change", "plus"]]
    assert charges(events, "2024-05-01")["ann"] == [
        ["2024-04-01", 900, "basic"],
        ["2024-04-16", 500, "basic to plus"],
        ["2024-05-01", 1900, "plus"],
    ]


def test_a_cheaper_plan_begins_next_month() -> None:
    events = [["2024-04-01T09:00:00", "ann", "start", "team"], ["2024-04-16T09:00:00", "ann", "change", "plus"]]
    assert charges(events, "2024-05-01")["ann"] == [["2024-04-01", 4900, "team"], ["2024-05-01", 1900, "plus"]]


def test_a_change_in_a_trial_costs_nothing() -> None:
    events = [["2024-04-01T09:00:00", "ann", "trial", "basic"], ["2024-04-10T09:00:00", "ann", "change", "team"]]
    assert charges(events, "2024-04-20")["ann"] == [["2024-04-15", 4900, "team"]]


def test_nothing_is_charged_after_the_end() -> None:
    events = [["2024-04-01T09:00:00", "ann", "start", "basic"], ["2024-05-01T09:00:00", "ann", "cancel"]]
    assert [day for day, _, _ in charges(events, "2024-12-31")["ann"]] == ["2024-04-01", "2024-05-01"]


def test_days_are_those_of_utc() -> None:
    events = [["2024-04-30T23:30:00-02:00", "ann", "start", "basic"]]
    assert charges(events, "2024-05-01")["ann"] == [["2024-05-01", 900, "basic"]]


def test_customers_are_kept_apart() -> None:
    events = [
        ["2024-04-01T09:00:00", "ann", "start", "basic"],
        ["2024-04-02T09:00:00", "bob", "start", "team"],
        ["2024-04-03T09:00:00", "ann", "cancel"],
    ]
    assert total(events, "2024-05-02") == 900 + 2 * 4900


def test_what_is_not_on_offer() -> None:
    with pytest.raises(UnknownPlan):
        charges([["2024-04-01T09:00:00", "ann", "start", "gold"]], "2024-05-01")


def test_events_out_of_order() -> None:
    events = [["2024-04-02T09:00:00", "ann", "start", "basic"], ["2024-04-01T09:00:00", "bob", "start", "basic"]]
    with pytest.raises(SubscriptionError, match="out of order"):
        charges(events, "2024-05-01")


def test_subscribing_twice() -> None:
    events = [["2024-04-02T09:00:00", "ann", "start", "basic"], ["2024-04-03T09:00:00", "ann", "trial", "plus"]]
    with pytest.raises(SubscriptionError, match="before"):
        charges(events, "2024-05-01")


def test_cancelling_nothing() -> None:
    with pytest.raises(SubscriptionError, match="has not subscribed"):
        charges([["2024-04-02T09:00:00", "ann", "cancel"]], "2024-05-01")
