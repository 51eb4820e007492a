"""What the customers of a service are charged."""

from datetime import date

from .days import utc_day
from .subscription import Subscription, SubscriptionError

ACTIONS = ("start", "trial", "change", "cancel")


def charges(events: list[list[str]], until: str) -> dict[str, list[list[str | int]]]:
    """Return what each customer is charged up to a day, that day included.

    Args:
        events: [moment, customer, action] and for all actions but `cancel` a plan; in order of time, none of them after
            the last day. Actions are `start`, `trial`, `change` and `cancel`.
        until: the last day.

    Returns:
        By customer, [day, cents, what for] of each charge in order of time.

    Raises:
        SubscriptionError: an event comes too early or too late, or cannot be done as things are.
        UnknownPlan: a plan is not on offer.
        ValueError: a moment or the last day is none.
    """
    last_day = date.fromisoformat(until)
    customers: dict[str, Subscription] = {}
    latest = date.min
    for moment, customer, action, *plans in events:
        day = utc_day(moment)
        if not latest <= day <= last_day:
            raise SubscriptionError(f"out of order: {moment}")
        latest = day
        if action not in ACTIONS:
            raise SubscriptionError(f"unknown action: {action}")
        if action in ("start", "trial"):
            if customer in customers:
                raise SubscriptionError(f"{customer} has subscribed before")
            customers[customer] = Subscription(plans[0], day, action == "trial")
        elif customer not in customers:
            raise SubscriptionError(f"{customer} has not subscribed")
        else:
            _apply(customers[customer], action, plans, day)
    for subscription in customers.values():
        subscription.advance(last_day)
    return {customer: subscription.charges for customer, subscription in customers.items()}


def total(events: list[list[str]], until: str) -> int:
    """Return the cents that all customers together are charged up to a day; errors are those of `charges`."""
    return sum(int(charge[1]) for charged in charges(events, until).values() for charge in charged)


def _apply(subscription: Subscription, action: str, plans: list[str], day: date) -> None:
    subscription.advance(day)
    if action == "change":
        subscription.change(plans[0], day)
    else:
        subscription.cancel()
