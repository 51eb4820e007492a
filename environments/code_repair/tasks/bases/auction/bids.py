"""Bids as they come in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class BidError(ValueError):
    """A record that is no bid."""


@dataclass(frozen=True)
class Bid:
    """What somebody is ready to pay at most.

    Attributes:
        number: its place among all records, from 1.
        at: when it was made; has an offset.
    """

    number: int
    who: str
    limit: int
    at: datetime


def read_moment(text: str) -> datetime:
    """Return the moment of an ISO text; without an offset it is in UTC.

    Raises:
        ValueError: the text is no moment.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_bids(records: list[dict[str, Any]]) -> list[Bid]:
    """Return the bids of records in order of time; those made at once stay in their order.

    Raises:
        BidError: a record has no bidder, no whole number above 0 as its limit, or no moment.
    """
    bids: list[Bid] = []
    for number, record in enumerate(records, start=1):
        try:
            who, limit, at = record["who"].strip(), record["limit"], read_moment(record["at"])
        except (KeyError, ValueError) as error:
            raise BidError(f"bid {number}: {error}") from error
        if not who or not isinstance(limit, int) or limit <= 0:
            raise BidError(f"bid {number}: no bidder or no limit")
        bids.append(Bid(number, who, limit, at))
    return sorted(bids, key=lambda bid: bid.at)
