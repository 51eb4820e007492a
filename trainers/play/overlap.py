"""Playing the next update's groups while this one is computed: one step off-policy.

What is played ahead is sampled by the policy of one update earlier, which the importance correction weighs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

LAST_WORDS_S = 5.0
"""How long a batch that is not wanted any more is waited for."""

Played = TypeVar("Played")
Settled = TypeVar("Settled")


class Ahead(Generic[Played, Settled]):
    """Begins the next batch as soon as one is taken."""

    def __init__(
        self,
        play: Callable[[int], Played],
        *,
        settle: Callable[[Played], Settled],
        last: int,
        state: Callable[[], dict[str, Any]],
    ) -> None:
        """Say what is played.

        Args:
            play: plays the batch with this number; never called twice at once.
            settle: takes in a batch, before the next one begins, and returns it as it is to be.
            last: the number of the last batch; -1 if none is ever played ahead.
            state: what playing and settling change: what has to be restored to play the next batch again.
        """
        self._play = play
        self._settle = settle
        self._last = last
        self._state = state
        self._worker: threading.Thread | None = None
        self._ahead: tuple[int, Future[Played], dict[str, Any]] | None = None

    def take(self, number: int) -> Settled:
        """Return a batch that is settled, and begin the next one."""
        begun = self._ahead if self._ahead is not None and self._ahead[0] == number else None
        self._ahead = None
        played = begun[1].result() if begun is not None else self._play(number)
        settled = self._settle(played)
        if number < self._last:
            state = self._state()
            self._ahead = (number + 1, self._begin(number + 1), state)
        return settled

    def state(self) -> dict[str, Any]:
        """Return the state from which the batch that is taken next can be played again."""
        return self._state() if self._ahead is None else self._ahead[2]

    def close(self) -> None:
        """Wait a little for what is being played; the rest ends when its boxes and its server are closed under it.

        Closing twice is harmless.
        """
        self._ahead = None
        if self._worker is not None:
            self._worker.join(timeout=LAST_WORDS_S)

    def _begin(self, number: int) -> Future[Played]:
        played: Future[Played] = Future()

        def work() -> None:
            try:
                played.set_result(self._play(number))
            except BaseException as error:
                played.set_exception(error)

        # A daemon, so that nobody waits for a batch that is no longer wanted.
        self._worker = threading.Thread(target=work, name=f"ahead-{number}", daemon=True)
        self._worker.start()
        return played
