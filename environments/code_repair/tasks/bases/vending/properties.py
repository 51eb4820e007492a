"""What holds of `vending`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

PRICES = {"water": 100, "juice": 150, "tea": 120}


def property_no_money_is_lost(call: Call, answer: Answer, ask: Ask) -> None:
    """Every cent accepted is paid for a drink, given as change, returned, or still there."""
    credit = 0
    for event, said in zip(call.arguments[0], answer["returned"], strict=True):
        if event[0] == "coin" and said != "rejected":
            credit += event[1]
            assert said == f"credit {credit}"
        elif ", change " in said:
            drink, change = said.split(", change ")
            assert credit - PRICES[drink] == int(change) >= 0
            credit = 0
        elif said.startswith("missing "):
            assert credit + int(said.removeprefix("missing ")) == PRICES[event[1]] > credit
        elif event[0] == "cancel":
            assert said == (f"returned {credit}" if credit else "nothing to return")
            credit = 0


def property_only_what_was_there_is_sold(call: Call, answer: Answer, ask: Ask) -> None:
    """No drink is sold more often than it was there, and none is sold out before."""
    events, stock = call.arguments
    left = dict(stock)
    for event, said in zip(events, answer["returned"], strict=True):
        if ", change " in said:
            left[event[1]] -= 1
            assert left[event[1]] >= 0
        elif event[0] == "select":
            assert (said == "unknown drink") == (event[1] not in PRICES)
            assert (said == "sold out") == (event[1] in PRICES and left.get(event[1], 0) == 0)


def property_the_future_changes_nothing(call: Call, answer: Answer, ask: Ask) -> None:
    """Without the last event, the answers to the others are the same."""
    events, stock = call.arguments
    assert ask(call._replace(arguments=[events[:-1], stock]))["returned"] == answer["returned"][: len(events[:-1])]
