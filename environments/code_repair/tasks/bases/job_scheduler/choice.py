"""Which of the jobs that are ready is started next."""

from .jobs import Job

AGEING = 5


def urgency(job: Job, now: int) -> int:
    """Return the priority of a ready job, one higher for every `AGEING` units of time that it has been ready."""
    waited = 0 if job.ready_since is None else now - job.ready_since
    return job.priority + waited // AGEING


def choose(jobs: list[Job], now: int) -> Job | None:
    """Return the most urgent of the jobs that are ready, or None if none is.

    Of equally urgent ones the shortest is returned, then the one whose name comes first in the alphabet.
    """
    ready = [job for job in jobs if job.ready_since is not None]
    return min(ready, key=lambda job: (-urgency(job, now), job.duration, job.name), default=None)
