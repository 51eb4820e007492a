import pytest

from .errors import HallError
from .seat_booking import book


def test_an_empty_hall() -> None:
    assert book(["oo_o"], []) == {"seats": {}, "bills": {}, "plan": ["oo_o"], "refused": []}


def test_a_party_gets_the_block_that_fits() -> None:
    answer = book(["oooo_oo", "oo"], [{"name": "ann", "size": 2}])
    assert answer["seats"] == {"ann": ["A5", "A6"]}
    assert answer["plan"] == ["oooo_##", "oo"]


def test_of_equal_blocks_the_first_counts() -> None:
    assert book(["o_o", "oo", "oo"], [{"name": "ann", "size": 2}])["seats"] == {"ann": ["B1", "B2"]}
    assert book(["oox_oo"], [{"name": "ann", "size": 1}])["seats"] == {"ann": ["A1"]}


def test_broken_seats_have_numbers() -> None:
    assert book(["ox_oo"], [{"name": "ann", "size": 2}])["seats"] == {"ann": ["A3", "A4"]}


def test_parties_stay_together() -> None:
    answer = book(["oo_oo"], [{"name": "ann", "size": 3}])
    assert answer == {"seats": {}, "bills": {}, "plan": ["oo_oo"], "refused": ["ann: no room for 3"]}


def test_parties_may_be_scattered() -> None:
    answer = book(["oo_ooo"], [{"name": "ann", "size": 4, "together": False}])
    assert answer["seats"] == {"ann": ["A1", "A3", "A4", "A5"]}


def test_parties_are_not_scattered_without_need() -> None:
    answer = book(["ooo_oo"], [{"name": "ann", "size": 2, "together": False}])
    assert answer["seats"] == {"ann": ["A4", "A5"]}


def test_seats_can_be_named() -> None:
    answer = book(["oo", "oo"], [{"name": "ann", "seats": ["B1", "A2"]}, {"name": "bob", "seats": ["B2", "B1"]}])
    assert answer["seats"] == {"ann": ["A2", "B1"]}
    assert answer["refused"] == ["bob: B1 is taken"]


def test_only_seats_can_be_named() -> None:
    requests = [{"name": name, "seats": [label]} for name, label in zip("abcd", ["A3", "C1", "A0", "a1"], strict=True)]
    refused = ["a: A3 is no seat", "b: C1 is no seat", "c: A0 is no seat", "d: a1 is no seat"]
    assert book(["oo", "oo"], requests)["refused"] == refused


def test_cancelled_seats_are_free() -> None:
    requests = [{"name": "ann", "size": 2}, {"name": "ann", "cancel": True}, {"name": "bob", "size": 2}]
    assert book(["oo"], requests)["seats"] == {"bob": ["A1", "A2"]}


def test_nobody_books_twice_or_cancels_nothing() -> None:
    answer = book(["oo"], [{"name": "ann", "cancel": True}, {"name": "ann", "size": 1}, {"name": "ann", "size": 1}])
    assert answer["refused"] == ["ann: has no seats", "ann: has seats already"]


def test_somebody_must_come() -> None:
    answer = book(["oo"], [{"name": "ann", "size": 0}, {"name": "bob", "seats": []}])
    assert answer["refused"] == ["ann: wants no seats", "bob: wants no seats"]


def test_the_front_costs_more() -> None:
    requests = [{"name": name, "seats": [seat]} for name, seat in (("ann", "A1"), ("bob", "B1"), ("cid", "C1"))]
    assert book(["o", "o", "o"], requests)["bills"] == {"ann": 1850, "bob": 1850, "cid": 1225}


def test_groups_pay_less() -> None:
    requests = [{"name": "ann", "size": 3}, {"name": "bob", "size": 5}]
    assert book(["ooooo", "ooo"], requests)["bills"] == {"ann": 5550, "bob": 7863}


def test_strange_halls() -> None:
    with pytest.raises(HallError, match="a hall has"):
        book(["oo", "o#"], [])
    with pytest.raises(HallError, match="at most 26"):
        book(["o"] * 27, [])
