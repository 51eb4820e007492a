"""The account of a loyalty scheme's member."""

from datetime import date
from typing import Any

from .member import Member, RefusedError
from .tiers import missing, tier_of


class EventError(ValueError):
    """An event that nobody can make sense of."""


def statement(events: list[list[Any]], until: str) -> dict[str, Any]:
    """Return how a member stands at the end of a day.

    Args:
        events: [day, action, number] in order of days. Actions are `buy` (the number is cents), `gift` and `redeem`
            (points) and `return` (the number of the event, from 1, in which it was bought).
        until: the day; no event is later.

    Returns:
        `points`, `redeemed`, `expired`, `tier`, `to_next_tier` (points, or None), `next_to_expire` ([day, points], or
        None; the first day on which they cannot be used) and `refused` (texts such as `event 3: too late`).

    Raises:
        EventError: events are not in order, or an action is unknown.
        ValueError: a day is none.
    """
    member = Member()
    actions = {"buy": member.buy, "gift": member.receive, "redeem": member.redeem, "return": member.give_back}
    refused: list[str] = []
    today = date.min
    for number, (text, action, amount) in enumerate(events, start=1):
        today = _not_before(today, text)
        member.wallet.drop_expired(today)
        if action not in actions:
            raise EventError(f"unknown action: {action}")
        if amount < 1:
            refused.append(f"event {number}: not above 0")
            continue
        try:
            actions[action](number, today, amount)
        except RefusedError as error:
            refused.append(f"event {number}: {error}")
    today = _not_before(today, until)
    member.wallet.drop_expired(today)
    coming = member.wallet.next_to_expire()
    yearly = member.yearly(today)
    return {
        "points": member.wallet.balance,
        "redeemed": member.redeemed,
        "expired": member.wallet.expired,
        "tier": tier_of(yearly),
        "to_next_tier": missing(yearly),
        "next_to_expire": coming and [coming[0].isoformat(), coming[1]],
        "refused": refused,
    }


def _not_before(earlier: date, text: str) -> date:
    day = date.fromisoformat(text)
    if day < earlier:
        raise EventError(f"out of order: {text}")
    return day
