"""One customer's subscription."""

from datetime import date, timedelta

from .days import add_months
from .plans import monthly_price, prorated

TRIAL_DAYS = 14


class SubscriptionError(ValueError):
    """Something that cannot be done with a subscription as it is."""


class Subscription:
    """A plan that is charged at the beginning of every month, counted from the day it began.

    Attributes:
        charges: [day, cents, what for] of everything charged so far.
    """

    def __init__(self, plan: str, day: date, trial: bool) -> None:
        """Begin on a day, with a trial of two weeks if wished: then the first month begins after it.

        Raises:
            UnknownPlan: the plan is not on offer.
        """
        monthly_price(plan)
        self._plan = self._next_plan = plan
        self._anchor = day + timedelta(days=TRIAL_DAYS) if trial else day
        self._months = 0
        self._ended = False
        self.charges: list[list[str | int]] = []

    def advance(self, day: date) -> None:
        """Charge for all months that begin up to a day, that day included."""
        while not self._ended and self._month_begins() <= day:
            self._plan = self._next_plan
            self._charge(self._month_begins(), monthly_price(self._plan), self._plan)
            self._months += 1

    def change(self, plan: str, day: date) -> None:
        """Change the plan: a dearer one begins at once, for the price difference of the days left; others next month.

        In a trial no difference is charged. The last of several changes holds for the next month.

        Raises:
            SubscriptionError: the subscription was cancelled.
            UnknownPlan: the plan is not on offer.
        """
        if self._ended:
            raise SubscriptionError("cancelled")
        more = monthly_price(plan) - monthly_price(self._plan)
        self._next_plan = plan
        if more > 0 and self._months > 0:
            ends = self._month_begins()
            begun = add_months(self._anchor, self._months - 1)
            self._charge(day, prorated(more, (ends - day).days, (ends - begun).days), f"{self._plan} to {plan}")
            self._plan = plan

    def cancel(self) -> None:
        """Charge nothing any more.

        Raises:
            SubscriptionError: the subscription was cancelled before.
        """
        if self._ended:
            raise SubscriptionError("cancelled before")
        self._ended = True

    def _month_begins(self) -> date:
        return add_months(self._anchor, self._months)

    def _charge(self, day: date, cents: int, reason: str) -> None:
        self.charges.append([day.isoformat(), cents, reason])
