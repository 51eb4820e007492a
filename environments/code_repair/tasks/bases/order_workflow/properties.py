"""What holds of `order_workflow`."""

import itertools

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

NEXT = {
    "draft": {"placed", "cancelled"},
    "placed": {"draft", "paid", "cancelled"},
    "paid": {"shipped", "cancelled"},
    "shipped": {"done"},
}


def property_orders_do_not_know_of_one_another(call: Call, answer: Answer, ask: Ask) -> None:
    """Each order alone becomes what it becomes among others."""
    if call.function == "order_workflow.process":
        prices, events = call.arguments
        for name, order in answer["returned"]["orders"].items():
            alone = ask(call._replace(arguments=[prices, [event for event in events if event[0] == name]]))
            assert alone["returned"]["orders"] == {name: order}


def property_refused_events_might_as_well_be_missing(call: Call, answer: Answer, ask: Ask) -> None:
    """Without the refused events, all orders that are left come out the same, and nothing is refused."""
    if call.function == "order_workflow.process":
        prices, events = call.arguments
        refused = {position for position, _ in answer["returned"]["refused"]}
        kept = [event for position, event in enumerate(events) if position not in refused]
        result = ask(call._replace(arguments=[prices, kept]))["returned"]
        assert result["refused"] == []
        assert result["orders"] == {name: answer["returned"]["orders"][name] for name in result["orders"]}


def property_money_fits_the_state(call: Call, answer: Answer, ask: Ask) -> None:
    """An order goes from state to state as it may, and what is paid fits where it is."""
    if call.function == "order_workflow.process":
        for order in answer["returned"]["orders"].values():
            history = order["history"]
            assert history[0] == "draft"
            assert history[-1] == order["state"]
            assert all(after in NEXT[before] for before, after in itertools.pairwise(history))
            if order["state"] in ("draft", "cancelled"):
                assert order["paid"] == 0
            elif order["state"] == "placed":
                assert 0 <= order["paid"] < order["total"]
            else:
                assert order["paid"] <= order["total"]


def property_open_amounts_are_those_of_the_orders(call: Call, answer: Answer, ask: Ask) -> None:
    """Who is waited for has a positive amount open, and the amounts go down."""
    if call.function == "order_workflow.waiting_for":
        orders = ask(Call("order_workflow.process", call.arguments))["returned"]["orders"]
        placed = [
            [name, order["total"] - order["paid"]] for name, order in orders.items() if order["state"] == "placed"
        ]
        assert sorted(answer["returned"]) == sorted(placed)
        amounts = [amount for _, amount in answer["returned"]]
        assert amounts == sorted(amounts, reverse=True)
