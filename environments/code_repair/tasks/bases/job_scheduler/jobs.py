"""Jobs, and how they are read."""

from dataclasses import dataclass, field
from typing import Any

from .errors import ScheduleError, UnknownJob


@dataclass
class Job:
    """A job that runs once.

    Attributes:
        name: of its own.
        duration: how long it runs, at least 1.
        priority: jobs of higher priority are started first.
        arrival: when it may start at the earliest, at least 0.
        waiting_for: the jobs that have to end before and have not yet.
        ready_since: when nothing stood in its way any more; None while something does.
    """

    name: str
    duration: int
    priority: int = 0
    arrival: int = 0
    waiting_for: set[str] = field(default_factory=set)
    ready_since: int | None = None

    def finished(self, other: str, now: int) -> None:
        """Note that another job has ended now."""
        self.waiting_for.discard(other)
        self.look(now)

    def look(self, now: int) -> None:
        """Note whether the job is ready now."""
        if self.ready_since is None and not self.waiting_for and self.arrival <= now:
            self.ready_since = now


def read_jobs(records: list[dict[str, Any]]) -> dict[str, Job]:
    """Return the jobs by name, in the order of the records.

    Args:
        records: each with `name`, `duration` and, if they are not 0 or empty, `priority`, `arrival` and `after`: the
            names of jobs that have to end before.

    Raises:
        ScheduleError: two jobs share a name, or a number is too low.
        UnknownJob: a job shall run after one that is not there.
    """
    jobs: dict[str, Job] = {}
    for record in records:
        name = record["name"]
        job = Job(name, record["duration"], record.get("priority", 0), record.get("arrival", 0))
        if name in jobs:
            raise ScheduleError(f"there are two jobs {name}")
        if job.duration < 1 or job.arrival < 0:
            raise ScheduleError(f"{name} has a duration below 1 or an arrival below 0")
        job.waiting_for.update(record.get("after", []))
        jobs[name] = job
    for job in jobs.values():
        for needed in sorted(job.waiting_for):
            if needed not in jobs:
                raise UnknownJob(job.name, needed)
    return jobs
