"""What holds of `smoothing`."""

import math

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_each_mean_is_of_its_window(call: Call, answer: Answer, ask: Ask) -> None:
    """Each mean times the size of its window is the sum of the values in it."""
    values, window = call.arguments
    if "returned" in answer:
        windows = [values[max(0, end - window) : end] for end in range(1, len(values) + 1)]
        for part, mean in zip(windows, answer["returned"], strict=True):
            assert math.isclose(mean * len(part), sum(part), abs_tol=1e-9)


def property_means_rise_with_the_values(call: Call, answer: Answer, ask: Ask) -> None:
    """With every value 3 higher, every mean is 3 higher."""
    values, window = call.arguments
    if "returned" in answer:
        higher = ask(call._replace(arguments=[[value + 3 for value in values], window]))["returned"]
        assert all(math.isclose(new, old + 3) for new, old in zip(higher, answer["returned"], strict=True))
