"""The room in which one thing is auctioned."""

from datetime import datetime, timedelta

from .bids import Bid
from .steps import capped_raise, step

LAST_MINUTES = timedelta(minutes=5)


class Room:
    """Bids on behalf of all bidders, as little as is needed for each to lead.

    Attributes:
        price: what the leading bidder would pay; the opening price while there is none.
        leader: the leading bid, or None.
        ends: when the auction ends; a bid in its last five minutes puts it off until five minutes after the bid.
    """

    def __init__(self, opening: int, ends: datetime) -> None:
        self.price = opening
        self.leader: Bid | None = None
        self.ends = ends

    def least(self) -> int:
        """Return the lowest limit that a new bidder can give."""
        return self.price if self.leader is None else self.price + step(self.price)

    def refusal(self, bid: Bid) -> str:
        """Return why a bid cannot be accepted, or an empty text if it can."""
        if bid.at >= self.ends:
            return "too late"
        if self.leader is not None and bid.who == self.leader.who:
            return "" if bid.limit > self.leader.limit else "not above own limit"
        return "" if bid.limit >= self.least() else f"below {self.least()}"

    def accept(self, bid: Bid) -> None:
        """Let a bid that is not refused take part."""
        if self.leader is None or bid.who == self.leader.who:
            self.leader = bid
        elif bid.limit > self.leader.limit:
            self.price = capped_raise(self.leader.limit, bid.limit)
            self.leader = bid
        else:
            self.price = capped_raise(bid.limit, self.leader.limit)
        self.ends = max(self.ends, bid.at + LAST_MINUTES)
