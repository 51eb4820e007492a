"""A schedule for jobs that wait for one another and share some workers."""

from typing import Any

from .choice import choose
from .errors import CircularJobs
from .jobs import Job, read_jobs
from .workers import Workers


def schedule(records: list[dict[str, Any]], workers: int = 1) -> dict[str, Any]:
    """Return when and where each job runs.

    A job is ready when it has arrived and all jobs before it have ended. Whenever a worker is free and a job is ready,
    the free worker with the lowest number starts the most urgent job, and runs it to its end.

    Args:
        records: the jobs, as `read_jobs` takes them.
        workers: how many jobs can run at once.

    Returns:
        `runs`: [name, worker, start, end] of each job, in the order of their starts. `end`: when the last job ends,
        0 without jobs. `waited`: how long each job was ready before it started, by name.

    Raises:
        ScheduleError: a job or the number of workers is not valid.
        CircularJobs: jobs wait for one another and can never be ready.
    """
    pool = Workers(workers)
    open_jobs = read_jobs(records)
    runs: list[list[str | int]] = []
    waited: dict[str, int] = {}
    now: int | None = 0
    while now is not None:
        for name in pool.ended(now):
            for job in open_jobs.values():
                job.finished(name, now)
        for job in open_jobs.values():
            job.look(now)
        while (worker := pool.free()) is not None and (best := choose(list(open_jobs.values()), now)) is not None:
            del open_jobs[best.name]
            pool.start(worker, best.name, now + best.duration)
            runs.append([best.name, worker, now, now + best.duration])
            waited[best.name] = now - (best.ready_since or 0)
        now = next_moment(pool, list(open_jobs.values()), now)
    if open_jobs:
        raise CircularJobs(sorted(open_jobs))
    return {"runs": runs, "end": max((int(run[3]) for run in runs), default=0), "waited": waited}


def next_moment(pool: Workers, jobs: list[Job], now: int) -> int | None:
    """Return when a job ends or arrives next after now, or None if nothing will happen any more."""
    moments = [job.arrival for job in jobs if job.arrival > now]
    end = pool.next_end()
    if end is not None:
        moments.append(end)
    return min(moments, default=None)
