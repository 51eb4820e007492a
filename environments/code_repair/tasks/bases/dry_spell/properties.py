"""What holds of `dry_spell`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_no_run_is_longer_or_earlier(call: Call, answer: Answer, ask: Ask) -> None:
    """Of all runs of dry days the first of the longest is returned."""
    days, threshold = call.arguments
    first, length = answer["returned"]
    runs = [
        (end - start, -start)
        for start in range(len(days))
        for end in range(start + 1, len(days) + 1)
        if all(amount < threshold for amount in days[start:end])
    ]
    assert (length, -first) == max(runs, default=(0, 1))


def property_a_wet_day_before_moves_the_run(call: Call, answer: Answer, ask: Ask) -> None:
    """One wet day more at the beginning makes the run begin a day later."""
    days, threshold = call.arguments
    first, length = answer["returned"]
    later = ask(call._replace(arguments=[[threshold, *days], threshold]))
    assert later == {"returned": [first + 1 if length else -1, length]}
