"""A shop that works through what happens to its orders."""

from typing import Any

from .errors import OrderError
from .order import Order

INTERNAL = frozenset({"settle"})


def process(prices: dict[str, int], events: list[list[Any]]) -> dict[str, Any]:
    """Return what became of all orders.

    Args:
        prices: of a piece, in cents, by item.
        events: [order, action], [order, `pay`, amount] or [order, `add` / `remove` / `return`, item, quantity]; an
            order begins as a draft with its first event.

    Returns:
        `orders`: by name, with `state`, `total`, `paid` and `history`. `refused`: [position, name of the error] for
        each event that changed nothing.
    """
    orders: dict[str, Order] = {}
    refused: list[list[int | str]] = []
    for position, (name, action, *details) in enumerate(events):
        order = orders.setdefault(name, Order(prices))
        try:
            apply(order, action, details)
        except OrderError as error:
            refused.append([position, type(error).__name__])
    summaries = {
        name: {"state": order.state, "total": order.total, "paid": order.paid, "history": list(order.history)}
        for name, order in orders.items()
    }
    return {"orders": summaries, "refused": refused}


def apply(order: Order, action: str, details: list[Any]) -> None:
    """Do what an event says.

    Raises:
        OrderError: it cannot be done.
    """
    if action in INTERNAL:
        raise OrderError(f"{action} is not for others to say")
    if action == "pay":
        order.do(action, number=details[0])
    else:
        order.do(action, *details)


def waiting_for(prices: dict[str, int], events: list[list[Any]]) -> list[list[str | int]]:
    """Return [order, open amount] for each order that is placed and not paid, the highest amount first.

    Orders with equal amounts are in the alphabetical order of their names. The arguments are those of `process`.
    """
    orders = process(prices, events)["orders"]
    open_amounts = {
        name: order["total"] - order["paid"] for name, order in orders.items() if order["state"] == "placed"
    }
    return [[name, open_amounts[name]] for name in sorted(open_amounts, key=lambda name: (-open_amounts[name], name))]
