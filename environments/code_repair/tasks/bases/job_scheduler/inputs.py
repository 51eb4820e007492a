"""Random calls for `job_scheduler`."""

import random
from typing import Any

from agentgym.environments.code_repair.tasks.call import Call

NAMES = "abcdefg"


def random_job(rng: random.Random, name: str, others: list[str]) -> dict[str, Any]:
    """Return a job, which often has to wait for some of the others."""
    job: dict[str, Any] = {"name": name, "duration": rng.choice([1, 1, 2, 2, 3, 4, 5, 6, 10])}
    if rng.random() < 0.5:
        job["priority"] = rng.randint(-1, 2)
    if rng.random() < 0.5:
        job["arrival"] = rng.randint(0, 12)
    if others and rng.random() < 0.4:
        job["after"] = rng.sample(others, rng.randint(1, min(2, len(others))))
    return job


def random_call(rng: random.Random) -> Call:
    """Return a call with up to seven jobs; one in six has a mistake."""
    names = rng.sample(NAMES, rng.choice([0, 2, 3, 4, 4, 5, 5, 6, 7]))
    jobs = [random_job(rng, name, names[:position]) for position, name in enumerate(names)]
    mistake = rng.randrange(24)
    if jobs and mistake < 4:
        job = rng.choice(jobs)
        key, value = [("name", jobs[0]["name"]), ("duration", 0), ("arrival", -1), ("after", ["a", "z"])][mistake]
        job[key] = value
    elif jobs and mistake < 6:
        jobs[0]["after"] = [jobs[-1]["name"]]
    rng.shuffle(jobs)
    if rng.random() < 0.15:
        return Call("job_scheduler.schedule", [jobs])
    return Call("job_scheduler.schedule", [jobs, rng.choice([1, 1, 1, 2, 2, 3, 4]) if mistake != 6 else 0])
