"""What can be wrong with a list of jobs."""


class ScheduleError(ValueError):
    """The jobs cannot be scheduled."""


class UnknownJob(ScheduleError):
    """A job needs another one that is not there."""

    def __init__(self, name: str, needed: str) -> None:
        super().__init__(f"{name} needs {needed}, which is not there")


class CircularJobs(ScheduleError):
    """Some jobs wait for one another."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"never ready: {', '.join(names)}")
        self.names = names
