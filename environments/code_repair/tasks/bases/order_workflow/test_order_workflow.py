from typing import Any

from .order_workflow import process, waiting_for
from .pricing import line_price

PRICES = {"tea": 300, "pot": 2500, "clip": 7}


def play(*events: list[Any]) -> dict[str, Any]:
    result = process(PRICES, [["x", *event] for event in events])
    return {**result["orders"]["x"], "refused": result["refused"]}


def test_an_order_goes_its_way() -> None:
    order = play(["add", "tea", 2], ["place"], ["pay", 1090], ["ship"], ["receive"])
    assert order == {
        "state": "done",
        "total": 1090,
        "paid": 1090,
        "history": ["draft", "placed", "paid", "shipped", "done"],
        "refused": [],
    }


def test_a_draft_has_no_shipping() -> None:
    assert play(["add", "tea", 3], ["remove", "tea", 1])["total"] == 600


def test_large_orders_are_shipped_for_free() -> None:
    assert play(["add", "pot", 2], ["place"])["total"] == 5000
    assert play(["add", "pot", 1], ["add", "tea", 8], ["place"])["total"] == 5390


def test_many_pieces_cost_less() -> None:
    assert [line_price(9, 7), line_price(10, 7), line_price(11, 10)] == [63, 67, 105]


def test_a_part_may_be_paid() -> None:
    order = play(["add", "tea", 1], ["place"], ["pay", 100], ["ship"])
    assert (order["state"], order["paid"]) == ("placed", 100)
    assert order["refused"] == [[3, "WrongState"]]


def test_no_more_is_paid_than_is_open() -> None:
    order = play(["add", "tea", 1], ["place"], ["pay", 500], ["pay", 291], ["pay", 0])
    assert order["paid"] == 500
    assert order["refused"] == [[3, "WrongAmount"], [4, "WrongAmount"]]


def test_an_empty_order_is_not_placed() -> None:
    assert play(["add", "tea", 1], ["remove", "tea", 1], ["place"])["refused"] == [[2, "OrderError"]]


def test_no_more_is_removed_than_is_there() -> None:
    order = play(["add", "tea", 2], ["remove", "tea", 3], ["remove", "cup", 1])
    assert order["total"] == 600
    assert order["refused"] == [[1, "WrongAmount"], [2, "OrderError"]]


def test_a_reopened_order_gets_its_money_back() -> None:
    order = play(["add", "tea", 1], ["place"], ["pay", 10], ["reopen"])
    assert (order["state"], order["paid"], order["total"]) == ("draft", 0, 300)
    assert order["history"] == ["draft", "placed", "draft"]


def test_a_cancelled_order_is_over() -> None:
    order = play(["add", "tea", 1], ["place"], ["pay", 790], ["cancel"], ["reopen"])
    assert (order["state"], order["paid"]) == ("cancelled", 0)
    assert order["refused"] == [[4, "WrongState"]]


def test_what_comes_back_is_refunded() -> None:
    order = play(["add", "tea", 2], ["place"], ["pay", 1090], ["ship"], ["return", "tea", 1])
    assert (order["state"], order["total"], order["paid"]) == ("shipped", 790, 790)


def test_nobody_settles_an_order() -> None:
    assert play(["add", "tea", 1], ["place"], ["settle"])["refused"] == [[2, "OrderError"]]


def test_orders_that_wait_for_money() -> None:
    events: list[list[Any]] = [["b", "add", "tea", 1], ["b", "place"], ["c", "add", "pot", 1], ["c", "place"]]
    events += [["a", "add", "tea", 2], ["a", "place"], ["a", "pay", 300], ["d", "add", "tea", 1]]
    assert waiting_for(PRICES, events) == [["c", 2990], ["a", 790], ["b", 790]]
