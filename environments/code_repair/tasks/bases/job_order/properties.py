"""What holds of `job_order`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_every_job_runs_after_what_it_needs(call: Call, answer: Answer, ask: Ask) -> None:
    """Every job appears once, and behind all jobs it needs."""
    if call.function == "job_order.run_order" and "returned" in answer:
        needs, _ = call.arguments
        order = answer["returned"]
        assert sorted(order) == sorted({*needs, *(needed for wanted in needs.values() for needed in wanted)})
        for job, wanted in needs.items():
            assert all(order.index(needed) < order.index(job) for needed in wanted)


def property_each_job_was_the_best_that_could_run(call: Call, answer: Answer, ask: Ask) -> None:
    """No job that could have run earlier has a higher priority, or the same one and a name that comes first."""
    if call.function == "job_order.run_order" and "returned" in answer:
        needs, priority = call.arguments
        order = answer["returned"]
        for place, job in enumerate(order):
            ready = [other for other in order[place:] if set(needs.get(other, [])) <= set(order[:place])]
            assert sorted(ready, key=lambda other: (-priority.get(other, 0), other))[0] == job


def property_a_circle_cannot_be_ordered(call: Call, answer: Answer, ask: Ask) -> None:
    """Jobs that end up needing themselves are refused, and only those."""
    if call.function == "job_order.run_order":
        needs, _ = call.arguments
        behind = {job: set(wanted) for job, wanted in needs.items()}
        for _ in needs:
            for job, wanted in behind.items():
                behind[job] = wanted.union(*(behind.get(needed, set()) for needed in wanted))
        circular = any(job in wanted for job, wanted in behind.items())
        assert (answer == {"raised": "ValueError"}) == circular


def property_enough_workers_start_all_jobs_at_once(call: Call, answer: Answer, ask: Ask) -> None:
    """With a worker for each job, each ends after its own duration; with one, after all up to it."""
    if call.function == "job_order.finish_times":
        durations, workers = call.arguments
        assert ask(call._replace(arguments=[durations, len(durations) + 1])) == {"returned": durations}
        alone = ask(call._replace(arguments=[durations, 1]))["returned"]
        assert alone == [sum(durations[: place + 1]) for place in range(len(durations))]
        if "returned" in answer:
            assert all(min(own, late) <= end <= late
                       for own, late, end in zip(durations, alone, answer["returned"], strict=True))  # fmt: skip
            assert max(answer["returned"], default=0) * workers >= sum(durations)
