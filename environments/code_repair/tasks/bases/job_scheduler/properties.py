"""What holds of `job_scheduler`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_every_job_runs_once_and_long_enough(call: Call, answer: Answer, ask: Ask) -> None:
    """Each job runs for its duration, after it has arrived and the jobs before it have ended."""
    if "returned" in answer:
        runs = {name: (start, end) for name, _, start, end in answer["returned"]["runs"]}
        assert len(runs) == len(answer["returned"]["runs"]) == len(call.arguments[0])
        for job in call.arguments[0]:
            start, end = runs[job["name"]]
            assert end - start == job["duration"]
            ready = max([job.get("arrival", 0), *(runs[name][1] for name in job.get("after", []))])
            assert start - ready == answer["returned"]["waited"][job["name"]] >= 0


def property_no_worker_does_two_things_at_once(call: Call, answer: Answer, ask: Ask) -> None:
    """The runs of a worker do not overlap, and there are no other workers."""
    if "returned" in answer:
        workers = call.arguments[1] if len(call.arguments) > 1 else 1
        free_from = dict.fromkeys(range(1, workers + 1), 0)
        for _, worker, start, end in answer["returned"]["runs"]:
            assert free_from[worker] <= start
            free_from[worker] = end
        assert answer["returned"]["end"] == max(free_from.values())


def property_nobody_waits_beside_a_free_worker(call: Call, answer: Answer, ask: Ask) -> None:
    """While a job is ready and waits, all workers are at work."""
    if "returned" in answer:
        runs = answer["returned"]["runs"]
        for name, _, start, _ in runs:
            for moment in range(start - answer["returned"]["waited"][name], start):
                busy = sum(other[2] <= moment < other[3] for other in runs)
                assert busy == (call.arguments[1] if len(call.arguments) > 1 else 1)
