"""Several threads whose questions are answered together, as soon as each of them waits for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, NamedTuple, TypeVar

from agentgym.errors import PolicyUnavailable

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class _Waiting(NamedTuple, Generic[_Asked, _Answer]):
    asked: _Asked
    answer: Future[_Answer]


class Lockstep(Generic[_Asked, _Answer]):
    """A number of seats, all of which must ask before any is answered.

    The last one to ask does the work for all. A fault in it reaches everybody who waits, and everybody who asks later.
    """

    def __init__(self, answer: Callable[[Sequence[_Asked]], Sequence[_Answer]], seats: int) -> None:
        """Say how questions are answered, and how many threads ask them."""
        self._answer = answer
        self._seats = seats
        self._waiting: list[_Waiting[_Asked, _Answer]] = []
        self._fault: BaseException | None = None
        self._changed = threading.Condition()

    def ask(self, asked: _Asked) -> _Answer:
        """Return the answer, once everybody who has a seat has asked.

        Raises:
            PolicyUnavailable: the round was ended before.
        """
        waiting = _Waiting[_Asked, _Answer](asked, Future())
        with self._changed:
            if self._fault is not None:
                raise self._fault
            self._waiting.append(waiting)
            self._changed.notify_all()
            self._changed.wait_for(lambda: waiting.answer.done() or self._all_wait())
            together, self._waiting = ([], self._waiting) if waiting.answer.done() else (self._waiting, [])
        if together:
            self._answer_all(together)
        return waiting.answer.result()

    def leave(self) -> None:
        """Give up a seat: the others no longer wait for its questions."""
        with self._changed:
            self._seats -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """End it: whoever still waits gets no answer. Closing twice is harmless."""
        with self._changed:
            self._fail(self._waiting, PolicyUnavailable("the round ended before this answer was sampled"))
            self._waiting = []

    def _all_wait(self) -> bool:
        return bool(self._waiting) and len(self._waiting) >= self._seats

    def _answer_all(self, together: Sequence[_Waiting[_Asked, _Answer]]) -> None:
        try:
            answers = self._answer([waiting.asked for waiting in together])
        except BaseException as fault:
            with self._changed:
                self._fail([*together, *self._waiting], fault)
                self._waiting = []
            return
        with self._changed:
            for waiting, answer in zip(together, answers, strict=True):
                waiting.answer.set_result(answer)
            self._changed.notify_all()

    def _fail(self, waiting: Sequence[_Waiting[_Asked, _Answer]], fault: BaseException) -> None:
        self._fault = self._fault or fault
        for one in waiting:
            one.answer.set_exception(fault)
        self._changed.notify_all()
