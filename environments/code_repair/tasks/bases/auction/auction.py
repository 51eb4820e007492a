"""Auctions in which everybody names the most they would pay."""

from typing import Any

from .bids import read_bids, read_moment
from .room import Room

USUAL_OPENING = 100


def hold_auction(lot: dict[str, Any], records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how an auction ends.

    Args:
        lot: `ends` (a moment), and perhaps `opening` (the lowest first bid, 100) and `reserve` (below that it is not
            sold, 0), in cents.
        records: bids with `who`, `limit` (in cents) and `at` (a moment), in any order.

    Returns:
        `winner` and `price` (both None if it is not sold), `ends` (the moment in the offset it had, or in that of the
        bid that put it off), `prices` after each accepted bid, and `refused`: texts such as `bid 3: too late`.

    Raises:
        BidError: one of the records is no bid.
        ValueError: the end is no moment.
    """
    room = Room(lot.get("opening", USUAL_OPENING), read_moment(lot["ends"]))
    prices: list[int] = []
    refused: list[str] = []
    for bid in read_bids(records):
        reason = room.refusal(bid)
        if reason:
            refused.append(f"bid {bid.number}: {reason}")
            continue
        room.accept(bid)
        prices.append(room.price)
    answer: dict[str, Any] = {"winner": None, "price": None, "ends": room.ends.isoformat()}
    reserve = lot.get("reserve", 0)
    if room.leader is not None and room.leader.limit >= reserve:
        answer["winner"] = room.leader.who
        answer["price"] = max(room.price, reserve)
    return {**answer, "prices": prices, "refused": refused}
