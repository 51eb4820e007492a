"""The workers that jobs run on."""

from .errors import ScheduleError


class Workers:
    """Some workers, numbered from 1, each of which runs one job at a time."""

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ScheduleError("there must be a worker")
        self._running: list[tuple[str, int] | None] = [None] * count

    def free(self) -> int | None:
        """Return the lowest number of a worker that runs nothing, or None."""
        for position, running in enumerate(self._running):
            if running is None:
                return position + 1
        return None

    def start(self, worker: int, name: str, end: int) -> None:
        """Let a worker run a job until its end."""
        self._running[worker - 1] = (name, end)

    def ended(self, now: int) -> list[str]:
        """Return the jobs that have ended by now, in the order of the workers, which are free from now on."""
        names = []
        for position, running in enumerate(self._running):
            if running is not None and running[1] <= now:
                names.append(running[0])
                self._running[position] = None
        return names

    def next_end(self) -> int | None:
        """Return when the next job ends, or None if none runs."""
        return min((running[1] for running in self._running if running is not None), default=None)
