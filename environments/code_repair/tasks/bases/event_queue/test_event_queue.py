from typing import Any

import pytest

from .event_queue import simulate


def customer(name: str, arrives: int, service: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "arrives": arrives, "service": service, **more}


def test_one_customer() -> None:
    result = simulate([customer("ann", 2, 6)])
    assert result["log"] == ["2 ann arrives", "2 ann is served", "8 ann leaves"]
    assert (result["end"], result["longest_line"], result["mean_line"], result["mean_busy"]) == (8, 0, 0.0, 0.75)


def test_an_empty_shop() -> None:
    result = simulate([])
    assert (result["log"], result["end"], result["mean_busy"]) == ([], 0, 0.0)


def test_the_first_to_come_is_served_first() -> None:
    result = simulate([customer("c", 2, 1), customer("a", 0, 5), customer("b", 1, 1)])
    assert result["served"] == ["a", "b", "c"]
    assert result["longest_line"] == 2
    assert result["mean_line"] == 8 / 7


def test_a_vip_goes_first() -> None:
    customers = [customer("a", 0, 9), customer("b", 1, 1), customer("v", 2, 1, vip=True)]
    assert simulate([*customers, customer("w", 3, 1, vip=True)])["served"] == ["a", "v", "w", "b"]


def test_two_clerks() -> None:
    result = simulate([customer("a", 0, 4), customer("b", 0, 2), customer("c", 1, 2)], 2)
    assert result["served"] == ["b", "a", "c"]
    assert result["mean_busy"] == 2.0


def test_impatient_customers_give_up() -> None:
    result = simulate([customer("a", 0, 5), customer("b", 1, 1, patience=3), customer("c", 2, 1)])
    assert result["log"][3:] == ["2 c arrives", "4 b gives up", "5 a leaves", "5 c is served", "6 c leaves"]
    assert result["lost"] == ["b"]


def test_who_is_served_does_not_give_up() -> None:
    result = simulate([customer("a", 0, 2), customer("b", 1, 5, patience=3)])
    assert (result["served"], result["lost"], result["end"]) == (["a", "b"], [], 7)


def test_a_clerk_is_free_in_the_last_moment() -> None:
    assert simulate([customer("a", 0, 4), customer("b", 1, 1, patience=3)])["lost"] == []


def test_a_clerk_who_has_just_finished_is_free() -> None:
    assert simulate([customer("a", 0, 3), customer("b", 3, 1, patience=0)])["served"] == ["a", "b"]


def test_no_patience_at_all() -> None:
    assert simulate([customer("a", 0, 3), customer("b", 2, 1, patience=0)])["lost"] == ["b"]


def test_names_are_used_once() -> None:
    with pytest.raises(ValueError, match="share"):
        simulate([customer("a", 0, 3), customer("a", 1, 3)])


def test_numbers_that_are_too_low() -> None:
    for wrong in (customer("a", -1, 3), customer("a", 0, 0), customer("a", 0, 1, patience=-1)):
        with pytest.raises(ValueError, match="too low"):
            simulate([wrong])


def test_attributes_are_those_of_customers() -> None:
    for wrong in ({"name": "a"}, customer("a", 0, 1, shoes=2)):
        with pytest.raises(ValueError, match="attribute"):
            simulate([wrong])


def test_a_clerk_is_needed() -> None:
    with pytest.raises(ValueError, match="clerk"):
        simulate([], 0)
