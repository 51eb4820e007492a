"""Events that happen in the order of time."""

import heapq
from collections.abc import Callable

FINISH = 0
GIVE_UP = 1
ARRIVE = 2


class Timeline:
    """A queue of events: actions that are done at their times.

    Attributes:
        now: the time of the event that happened last; 0 at first.
    """

    def __init__(self) -> None:
        self.now = 0
        self._actions: dict[int, Callable[[], None]] = {}
        self._heap: list[tuple[int, int, int]] = []
        self._count = 0

    def at(self, time: int, kind: int, action: Callable[[], None]) -> int:
        """Plan an action, and return a number to cancel it by.

        Of actions at the same time, those of a lower kind are done first: `FINISH`, `GIVE_UP`, `ARRIVE`; of the same
        kind, those that were planned first.
        """
        self._count += 1
        self._actions[self._count] = action
        heapq.heappush(self._heap, (time, kind, self._count))
        return self._count

    def cancel(self, number: int) -> None:
        """Forget an action; if it was done or cancelled already, nothing happens."""
        self._actions.pop(number, None)

    def run(self) -> None:
        """Do all actions, also those planned meanwhile."""
        while self._heap:
            time, _, number = heapq.heappop(self._heap)
            action = self._actions.pop(number, None)
            if action is None:
                continue
            self.now = time
            action()
