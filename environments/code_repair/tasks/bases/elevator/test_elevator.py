import pytest

from .elevator import ride
from .passengers import CallError


def test_a_ride_from_the_ground() -> None:
    assert ride([[0, 0, 3]]) == {"trips": [[0, 5]], "moved": 3, "end": 5}


def test_nobody_calls() -> None:
    assert ride([]) == {"trips": [], "moved": 0, "end": 0}


def test_the_car_comes_to_the_caller() -> None:
    assert ride([[1, 2, 0]]) == {"trips": [[3, 7]], "moved": 4, "end": 7}


def test_others_are_taken_along() -> None:
    assert ride([[0, 0, 4], [0, 2, 3]])["trips"] == [[0, 10], [4, 7]]


def test_who_wants_the_other_way_waits() -> None:
    assert ride([[0, 0, 3], [0, 1, 0]])["trips"] == [[0, 5], [9, 12]]


def test_the_car_goes_on_before_it_turns() -> None:
    result = ride([[0, 2, 4], [3, 0, 1], [3, 5, 4]])
    assert result == {"trips": [[2, 6], [18, 21], [9, 12]], "moved": 11, "end": 21}


def test_a_full_car_leaves_someone_behind() -> None:
    assert ride([[0, 0, 1], [0, 0, 2], [0, 0, 1]], capacity=2)["trips"] == [[0, 3], [0, 6], [10, 13]]


def test_a_late_caller_boards_at_the_same_stop() -> None:
    assert ride([[0, 0, 2], [1, 0, 1]])["trips"] == [[0, 8], [2, 5]]


def test_the_car_keeps_its_way_for_who_wants_it() -> None:
    result = ride([[0, 1, 0], [0, 1, 2]])
    assert result == {"trips": [[7, 10], [1, 4]], "moved": 4, "end": 10}


def test_the_car_turns_at_the_last_caller() -> None:
    assert ride([[0, 3, 1], [0, 2, 0]])["trips"] == [[3, 9], [6, 12]]


def test_a_goal_outside_the_house() -> None:
    with pytest.raises(CallError, match="floors 0 to 3"):
        ride([[0, 0, 4]], floors=4)


def test_a_goal_must_be_elsewhere() -> None:
    with pytest.raises(CallError, match="elsewhere"):
        ride([[0, 2, 2]])


def test_the_car_must_hold_someone() -> None:
    with pytest.raises(CallError, match="too small"):
        ride([], capacity=0)
