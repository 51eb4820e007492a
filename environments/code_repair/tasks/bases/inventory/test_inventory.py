import pytest

from .errors import CatalogError
from .inventory import track
from .reorder import packs_needed

TEA = {"tea": {"minimum": 5, "pack": 4}}


def test_an_empty_warehouse() -> None:
    assert track(TEA, []) == {"stock": {"tea": [0, 0]}, "reorder": [["tea", 2]], "rejected": []}


def test_received_pieces_are_free() -> None:
    assert track(TEA, [["receive", "tea", 5]]) == {"stock": {"tea": [5, 5]}, "reorder": [], "rejected": []}


def test_reserved_pieces_are_there_but_not_free() -> None:
    answer = track(TEA, [["receive", "tea", 6], ["reserve", "o1", "tea", 2], ["reserve", "o1", "tea", 1]])
    assert answer == {"stock": {"tea": [6, 3]}, "reorder": [["tea", 1]], "rejected": []}


def test_shipped_pieces_are_gone() -> None:
    answer = track({"tea": {}}, [["receive", "tea", 6], ["reserve", "o1", "tea", 2], ["ship", "o1"], ["ship", "o1"]])
    assert answer == {"stock": {"tea": [4, 4]}, "reorder": [], "rejected": ["4: nothing reserved for o1"]}


def test_cancelled_orders_keep_nothing() -> None:
    answer = track({"tea": {}}, [["receive", "tea", 6], ["reserve", "o1", "tea", 6], ["cancel", "o1"]])
    assert answer["stock"] == {"tea": [6, 6]}


def test_an_order_may_have_several_items() -> None:
    movements: list[list[str | int]] = [["receive", "tea", 3], ["receive", "cup", 2]]
    movements += [["reserve", "o1", "tea", 1], ["reserve", "o1", "cup", 2], ["reserve", "o2", "tea", 1], ["ship", "o1"]]
    assert track({"tea": {}, "cup": {}}, movements)["stock"] == {"tea": [2, 1], "cup": [0, 0]}


def test_what_is_not_free_cannot_be_reserved() -> None:
    answer = track({"tea": {}}, [["receive", "tea", 2], ["reserve", "o1", "tea", 1], ["reserve", "o2", "tea", 2]])
    assert answer["rejected"] == ["3: only 1 of tea free"]
    assert answer["stock"] == {"tea": [2, 1]}


def test_movements_are_taken_back_one_by_one() -> None:
    movements: list[list[str | int]] = [["receive", "tea", 4], ["reserve", "o1", "tea", 3], ["ship", "o1"]]
    assert track({"tea": {}}, [*movements, ["undo"]])["stock"] == {"tea": [4, 1]}
    assert track({"tea": {}}, [*movements, ["undo"], ["undo"]])["stock"] == {"tea": [4, 4]}


def test_there_may_be_nothing_to_take_back() -> None:
    answer = track({"tea": {}}, [["receive", "tea", 1], ["undo"], ["undo"]])
    assert answer == {"stock": {"tea": [0, 0]}, "reorder": [], "rejected": ["3: nothing to undo"]}


def test_strange_movements() -> None:
    answer = track({"tea": {}}, [["receive", "gin", 0], ["receive", "tea", 0], ["steal", "tea"]])
    assert answer["rejected"] == ["1: unknown item gin", "2: 0 is not a quantity", "3: unknown movement steal"]


def test_what_lacks_most_is_ordered_first() -> None:
    catalog = {"cup": {"minimum": 2}, "ale": {"minimum": 2}, "tea": {"minimum": 9, "pack": 10}}
    assert track(catalog, [])["reorder"] == [["tea", 1], ["ale", 2], ["cup", 2]]


def test_packs_must_not_be_empty() -> None:
    with pytest.raises(CatalogError, match="tea needs"):
        track({"tea": {"pack": 0}}, [])


def test_enough_packs_are_ordered() -> None:
    assert [packs_needed(free, 10, 4) for free in (10, 9, 6, 5, 12)] == [0, 1, 1, 2, 0]
