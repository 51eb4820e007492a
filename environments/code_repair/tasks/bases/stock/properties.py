"""What holds of `stock`."""

from typing import Any

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def accepted(entries: list[list[Any]]) -> list[list[Any]]:
    """Return the entries that are not to be refused."""
    kept: list[list[Any]] = []
    for action, item, quantity, price in entries:
        there = sum(entry[2] if entry[0] == "buy" else -entry[2] for entry in kept if entry[1] == item)
        if quantity >= 1 and (action == "buy" or quantity <= there):
            kept.append([action, item, quantity, price])
    return kept


def property_refused_entries_might_as_well_be_missing(call: Call, answer: Answer, ask: Ask) -> None:
    """Without the entries that are to be refused, the same is earned and left, and none is refused."""
    alone = ask(call._replace(arguments=[accepted(call.arguments[0])]))
    assert alone == {"returned": {**answer["returned"], "refused": []}}
    assert len(answer["returned"]["refused"]) == len(call.arguments[0]) - len(accepted(call.arguments[0]))


def property_money_is_neither_made_nor_lost(call: Call, answer: Answer, ask: Ask) -> None:
    """Profit is income less spending, plus what the pieces left have cost."""
    income = sum(
        (quantity if action == "sell" else -quantity) * price
        for action, _, quantity, price in accepted(call.arguments[0])
    )
    assert answer["returned"]["profit"] == income + answer["returned"]["value"]


def property_the_last_pieces_are_left(call: Call, answer: Answer, ask: Ask) -> None:
    """What is left of each item are the pieces bought last, at what they had cost."""
    entries = accepted(call.arguments[0])
    value = 0
    for item in {entry[1] for entry in entries}:
        costs = [entry[3] for entry in entries if entry[:2] == ["buy", item] for _ in range(entry[2])]
        sold = sum(entry[2] for entry in entries if entry[:2] == ["sell", item])
        value += sum(costs[sold:])
    assert answer["returned"]["value"] == value
