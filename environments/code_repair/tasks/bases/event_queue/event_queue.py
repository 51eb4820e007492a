"""A shop with clerks and customers who wait in line, event by event."""

from functools import partial
from typing import Any

from .customers import Customer, read_customers
from .tally import Tally
from .timeline import ARRIVE, FINISH, GIVE_UP, Timeline


class Shop:
    """A shop in which customers arrive, wait, are served or give up.

    Attributes:
        log: a text such as `7 ann arrives` for everything that happens.
        served: the names of those who were served, in the order of leaving.
        lost: the names of those who gave up, likewise.
        waiting: how many are in line.
        busy: how many clerks serve someone.
    """

    def __init__(self, clerks: int, timeline: Timeline) -> None:
        self.log: list[str] = []
        self.served: list[str] = []
        self.lost: list[str] = []
        self.waiting = Tally()
        self.busy = Tally()
        self._clerks = clerks
        self._timeline = timeline
        self._line: list[Customer] = []
        self._alarms: dict[str, int] = {}

    def arrive(self, customer: Customer) -> None:
        """Serve a customer, or put the customer in line: behind all, but as a vip before those who are none."""
        self._note(customer, "arrives")
        if self.busy.value < self._clerks:
            self._serve(customer)
            return
        place = sum(other.vip for other in self._line) if customer.vip else len(self._line)
        self._line.insert(place, customer)
        self.waiting.change(1, self._timeline.now)
        if customer.patience is not None:
            end = self._timeline.now + customer.patience
            self._alarms[customer.name] = self._timeline.at(end, GIVE_UP, partial(self._give_up, customer))

    def _serve(self, customer: Customer) -> None:
        now = self._timeline.now
        self._note(customer, "is served")
        self.busy.change(1, now)
        self._timeline.at(now + customer.service, FINISH, partial(self._finish, customer))

    def _finish(self, customer: Customer) -> None:
        self._note(customer, "leaves")
        self.served.append(customer.name)
        self.busy.change(-1, self._timeline.now)
        if self._line:
            following = self._line.pop(0)
            self.waiting.change(-1, self._timeline.now)
            if following.name in self._alarms:
                self._timeline.cancel(self._alarms.pop(following.name))
            self._serve(following)

    def _give_up(self, customer: Customer) -> None:
        self._note(customer, "gives up")
        self.lost.append(customer.name)
        self._line.remove(customer)
        self.waiting.change(-1, self._timeline.now)

    def _note(self, customer: Customer, what: str) -> None:
        self.log.append(f"{self._timeline.now} {customer.name} {what}")


def simulate(records: list[dict[str, Any]], clerks: int = 1) -> dict[str, Any]:
    """Return what happens in a shop until the last customer has left or given up.

    Args:
        records: the customers, as `read_customers` takes them, in any order.
        clerks: how many serve, at least 1.

    Returns:
        `log`, `served` and `lost` of the shop; `end`: the time of the last event, 0 without customers; `longest_line`:
        the highest number of those in line; `mean_line` and `mean_busy`: the means over time from 0 to the end of
        those in line, and of the clerks at work.

    Raises:
        ValueError: a customer is not valid, or there is no clerk.
    """
    if clerks < 1:
        raise ValueError("there must be a clerk")
    timeline = Timeline()
    shop = Shop(clerks, timeline)
    for customer in read_customers(records):
        timeline.at(customer.arrives, ARRIVE, partial(shop.arrive, customer))
    timeline.run()
    return {
        "log": shop.log,
        "served": shop.served,
        "lost": shop.lost,
        "end": timeline.now,
        "longest_line": shop.waiting.highest,
        "mean_line": shop.waiting.mean(timeline.now),
        "mean_busy": shop.busy.mean(timeline.now),
    }
