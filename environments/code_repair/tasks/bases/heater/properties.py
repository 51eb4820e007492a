"""What holds of `heater`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_the_last_reading_outside_decides(call: Call, answer: Answer, ask: Ask) -> None:
    """The heater is on if the last reading outside the thresholds was a cold one."""
    temperatures, low, high = call.arguments
    if "returned" in answer:
        assert len(answer["returned"]) == len(temperatures)
        for count, state in enumerate(answer["returned"], start=1):
            outside = [reading for reading in temperatures[:count] if not low <= reading <= high]
            assert state == bool(outside and outside[-1] < low)


def property_later_readings_change_nothing_before(call: Call, answer: Answer, ask: Ask) -> None:
    """Without the last reading, the other states are the same."""
    temperatures, low, high = call.arguments
    if "returned" in answer:
        assert ask(call._replace(arguments=[temperatures[:-1], low, high])) == {"returned": answer["returned"][:-1]}


def property_only_crossed_thresholds_are_refused(call: Call, answer: Answer, ask: Ask) -> None:
    """An error means that the low threshold is above the high one."""
    _, low, high = call.arguments
    assert (answer.get("raised") == "ValueError") == (low > high)
