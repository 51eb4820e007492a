from typing import Any

import pytest

from .auction import hold_auction
from .bids import BidError
from .steps import step

LOT = {"ends": "2024-05-01T20:00:00+00:00", "opening": 1000}


def bid(who: str, limit: int, clock: str = "12:00") -> dict[str, Any]:
    return {"who": who, "limit": limit, "at": f"2024-05-01T{clock}:00+00:00"}


def test_a_lonely_bidder_pays_the_opening_price() -> None:
    answer = hold_auction(LOT, [bid("ann", 5000)])
    assert answer == {
        "winner": "ann",
        "price": 1000,
        "ends": "2024-05-01T20:00:00+00:00",
        "prices": [1000],
        "refused": [],
    }


def test_the_higher_limit_wins() -> None:
    answer = hold_auction(LOT, [bid("ann", 3000), bid("bob", 4000)])
    assert (answer["winner"], answer["price"]) == ("bob", 3050)


def test_the_leader_is_defended() -> None:
    answer = hold_auction(LOT, [bid("ann", 3000), bid("bob", 2000)])
    assert (answer["winner"], answer["price"]) == ("ann", 2050)


def test_nobody_pays_more_than_the_own_limit() -> None:
    assert hold_auction(LOT, [bid("ann", 3000), bid("bob", 3010)])["price"] == 3010


def test_the_first_of_equals_leads() -> None:
    answer = hold_auction(LOT, [bid("ann", 3000), bid("bob", 3000)])
    assert (answer["winner"], answer["price"]) == ("ann", 3000)


def test_a_leader_raises_the_limit_only() -> None:
    answer = hold_auction(LOT, [bid("ann", 3000), bid("ann", 6000), bid("ann", 6000), bid("bob", 4000)])
    assert answer["prices"] == [1000, 1000, 4050]
    assert answer["refused"] == ["bid 3: not above own limit"]


def test_low_bids_are_refused() -> None:
    answer = hold_auction(LOT, [bid("ann", 999), bid("ann", 1000), bid("bob", 1049), bid("bob", 1050)])
    assert answer["refused"] == ["bid 1: below 1000", "bid 3: below 1050"]
    assert answer["winner"] == "bob"


def test_bids_count_in_order_of_time() -> None:
    answer = hold_auction(LOT, [bid("bob", 3000, "13:00"), bid("ann", 3000, "12:00")])
    assert answer["winner"] == "ann"


def test_offsets_are_heeded() -> None:
    early = {"who": "ann", "limit": 3000, "at": "2024-05-01T21:30:00+02:00"}
    late = {"who": "bob", "limit": 4000, "at": "2024-05-01T20:00:00"}
    answer = hold_auction(LOT, [early, late])
    assert answer["winner"] == "ann"
    assert answer["refused"] == ["bid 2: too late"]


def test_a_late_bid_puts_the_end_off() -> None:
    answer = hold_auction(LOT, [bid("ann", 3000, "19:58"), bid("bob", 4000, "20:02")])
    assert (answer["winner"], answer["ends"]) == ("bob", "2024-05-01T20:07:00+00:00")


def test_a_reserve_must_be_met() -> None:
    assert hold_auction({**LOT, "reserve": 2000}, [bid("ann", 1999)])["winner"] is None
    assert hold_auction({**LOT, "reserve": 2000}, [bid("ann", 2500)])["price"] == 2000


def test_nobody_bids() -> None:
    assert hold_auction(LOT, [])["price"] is None


def test_steps_grow() -> None:
    assert [step(price) for price in (0, 4999, 5000, 20_000, 250_000)] == [50, 50, 250, 1000, 5000]


def test_records_that_are_no_bids() -> None:
    for wrong in ({}, {"who": "ann", "limit": 5}, bid("  ", 5), bid("ann", 0), {**bid("ann", 5), "at": "noon"}):
        with pytest.raises(BidError, match="bid 1"):
            hold_auction(LOT, [wrong])
