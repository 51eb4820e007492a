"""Threads that are answered together: none before all have asked, none for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentgym.errors import PolicyUnavailable, UsageError
from agentgym.trainers.sampling.lockstep import Lockstep


class Adding:
    """Answers n with n + 1, and keeps what was asked together."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []

    def __call__(self, asked: Sequence[int]) -> list[int]:
        self.together.append(sorted(asked))
        if 13 in asked:
            raise UsageError("thirteen")
        return [number + 1 for number in asked]


def play(table: Lockstep[int, int], players: Sequence[Callable[[], object]]) -> list[object]:
    """Let all play at once; what a player raises is what it returns, and each leaves."""

    def seated(player: Callable[[], object]) -> object:
        try:
            return player()
        except Exception as error:
            return error
        finally:
            table.leave()

    with ThreadPoolExecutor(len(players)) as pool:
        return [*pool.map(seated, players)]


def asks(table: Lockstep[int, int], *numbers: int) -> Callable[[], list[int]]:
    return lambda: [table.ask(number) for number in numbers]


def test_all_who_play_are_answered_together():
    adding = Adding()
    table = Lockstep(adding, 3)
    assert play(table, [asks(table, 1, 10), asks(table, 2, 20), asks(table, 3, 30)]) == [[2, 11], [3, 21], [4, 31]]
    assert adding.together == [[1, 2, 3], [10, 20, 30]]


def test_who_has_left_is_not_waited_for():
    adding = Adding()
    table = Lockstep(adding, 3)
    played = play(table, [asks(table, 1), asks(table, 2, 20), asks(table, 3, 30, 300)])
    assert played == [[2], [3, 21], [4, 31, 301]]
    assert adding.together == [[1, 2, 3], [20, 30], [300]]


def test_who_fails_between_two_questions_is_not_waited_for():
    adding = Adding()
    table = Lockstep(adding, 2)

    def fails() -> None:
        table.ask(1)
        raise ValueError("lost")

    assert [str(result) for result in play(table, [fails, asks(table, 2, 20)])] == ["lost", "[3, 21]"]


def test_a_fault_reaches_all_who_wait_and_all_who_ask_later():
    adding = Adding()
    table = Lockstep(adding, 3)
    played = play(table, [asks(table, 13), asks(table, 2), asks(table, 3)])
    assert [str(result) for result in played] == ["thirteen"] * 3
    with pytest.raises(UsageError, match="thirteen"):
        table.ask(4)
    assert len(adding.together) == 1


def test_who_waits_when_it_is_ended_gets_no_answer():
    table = Lockstep(Adding(), 2)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(table.ask, 1)
        table.close()
        table.close()
        with pytest.raises(PolicyUnavailable, match="the round ended"):
            waits.result()
