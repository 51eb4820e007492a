"""Playing ahead: batches come in order, and a state always says how to play the next one again."""

from __future__ import annotations

import threading

import pytest

from agentgym.trainers.play.overlap import Ahead


class Player:
    def __init__(self) -> None:
        self.played: list[int] = []
        self.settled: list[int] = []
        self.began = threading.Event()

    def play(self, number: int) -> int:
        self.played.append(number)
        self.began.set()
        return number * 10

    def settle(self, result: int) -> int:
        self.settled.append(result)
        return result + 1

    def state(self) -> dict[str, list[int]]:
        return {"settled": [*self.settled]}


def test_the_next_batch_is_begun_when_one_is_taken():
    player = Player()
    ahead = Ahead(player.play, settle=player.settle, last=2, state=player.state)
    assert ahead.take(0) == 1
    player.began.clear()
    assert [ahead.take(1), ahead.take(2)] == [11, 21]
    ahead.close()
    assert player.played == [0, 1, 2]
    assert player.settled == [0, 10, 20]


def test_without_overlap_nothing_is_played_ahead():
    player = Player()
    ahead = Ahead(player.play, settle=player.settle, last=-1, state=player.state)
    ahead.take(0)
    ahead.close()
    assert player.played == [0]


def test_the_state_is_that_before_what_is_being_played():
    player = Player()
    ahead = Ahead(player.play, settle=player.settle, last=5, state=player.state)
    ahead.take(0)
    player.settled.append(99)  # what is played ahead changes what is
    assert ahead.state() == {"settled": [0]}
    ahead.close()


def test_a_fault_of_what_was_played_ahead_comes_when_it_is_taken():
    player = Player()

    def play(number: int) -> int:
        if number:
            raise ValueError("box lost")
        return 0

    ahead = Ahead(play, settle=player.settle, last=5, state=player.state)
    ahead.take(0)
    with pytest.raises(ValueError, match="box lost"):
        ahead.take(1)
    ahead.close()
