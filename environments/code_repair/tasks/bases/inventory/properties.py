"""What holds of `inventory`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_no_more_is_free_than_there(call: Call, answer: Answer, ask: Ask) -> None:
    """Nothing is negative, no more is free than there, and no more there than was received."""
    if call.function == "inventory.track" and "returned" in answer:
        catalog, movements = call.arguments
        stock = answer["returned"]["stock"]
        assert stock.keys() == catalog.keys()
        for sku, (there, free) in stock.items():
            received = sum(max(entry[2], 0) for entry in movements if entry[:2] == ["receive", sku])
            assert 0 <= free <= there <= received


def property_rejected_movements_do_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """Without the rejected movements, all else is the same and nothing is rejected."""
    if call.function == "inventory.track" and "returned" in answer:
        catalog, movements = call.arguments
        numbers = {int(text.partition(":")[0]) for text in answer["returned"]["rejected"]}
        made = [movement for number, movement in enumerate(movements, start=1) if number not in numbers]
        again = ask(call._replace(arguments=[catalog, made]))["returned"]
        assert again == answer["returned"] | {"rejected": []}


def property_a_movement_taken_back_leaves_no_trace(call: Call, answer: Answer, ask: Ask) -> None:
    """With a movement more and an undo after it, stock and orders are the same."""
    if call.function == "inventory.track" and "returned" in answer:
        catalog, movements = call.arguments
        for movement in (["receive", next(iter(catalog)), 3], ["cancel", "o1"], ["ship", "o1"]):
            more = ask(call._replace(arguments=[catalog, [*movements, movement]]))["returned"]
            if more["rejected"] == answer["returned"]["rejected"]:
                back = ask(call._replace(arguments=[catalog, [*movements, movement, ["undo"]]]))
                assert back == answer


def property_orders_fill_up_to_the_minimum(call: Call, answer: Answer, ask: Ask) -> None:
    """With the packs there is enough, with one less there is not, and what lacks most comes first."""
    if call.function == "inventory.track" and "returned" in answer:
        catalog, stock = call.arguments[0], answer["returned"]["stock"]
        lacks = {sku: catalog[sku].get("minimum", 0) - free for sku, (_, free) in stock.items()}
        reorder = answer["returned"]["reorder"]
        assert [sku for sku, _ in reorder] == sorted(
            (sku for sku in lacks if lacks[sku] > 0), key=lambda sku: (-lacks[sku], sku)
        )
        for sku, packs in reorder:
            pack = catalog[sku].get("pack", 1)
            assert (packs - 1) * pack < lacks[sku] <= packs * pack
