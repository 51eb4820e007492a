"""Random calls for `job_order`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

JOBS = "abcdefg"


def random_call(rng: random.Random) -> Call:
    """Return a call with up to six jobs, few of them in circles and some only needed, or with up to eight durations."""
    if rng.random() < 0.35:
        durations = [rng.randint(0, 6) for _ in range(rng.randint(0, 8))]
        return Call("job_order.finish_times", [durations, rng.choice([0, 1, 2, 2, 3, 3, 4])])
    names = rng.sample(JOBS, rng.randint(0, 6))
    needs = {job: rng.sample(names[:place], rng.randint(0, min(place, 2))) for place, job in enumerate(names)}
    if names and rng.random() < 0.15:
        needs[names[0]].append(rng.choice(names))
    if rng.random() < 0.5:
        needs = {job: needed for job, needed in needs.items() if needed or rng.random() < 0.3}
    priority = {job: rng.randint(-2, 2) for job in names if rng.random() < 0.5}
    return Call("job_order.run_order", [dict(sorted(needs.items())), priority])
