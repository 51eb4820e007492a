"""What holds of `versions`."""

from itertools import zip_longest

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

OPPOSITES = {">=": "<", "<=": ">", "==": "!=", "<": ">=", ">": "<=", "!=": "=="}


def order(left: str, right: str) -> int:
    """Return -1, 0 or 1 as the left version is older, equal or newer."""
    for first, second in zip_longest(left.split("."), right.split("."), fillvalue="0"):
        if int(first) != int(second):
            return 1 if int(first) > int(second) else -1
    return 0


def property_comparing_follows_the_numbers(call: Call, answer: Answer, ask: Ask) -> None:
    """The first different number decides, missing ones are 0, and the other way round the sign changes."""
    if call.function == "versions.compare" and "returned" in answer:
        left, right = call.arguments
        assert answer["returned"] == order(left, right)
        assert ask(call._replace(arguments=[right, f"{left}.0"])) == {"returned": -answer["returned"]}


def property_opposite_conditions_exclude_each_other(call: Call, answer: Answer, ask: Ask) -> None:
    """Of a condition and its opposite, each version meets exactly one."""
    if call.function == "versions.satisfies" and "returned" in answer:
        version, requirement = call.arguments
        met = []
        for condition in requirement.split(","):
            operator = next(sign for sign in OPPOSITES if condition.strip().startswith(sign))
            other = condition.replace(operator, OPPOSITES[operator], 1)
            meets, fails = (ask(call._replace(arguments=[version, text]))["returned"] for text in (condition, other))
            assert meets is not fails
            met.append(meets)
        assert answer["returned"] is all(met)


def property_the_newest_is_the_first_of_the_best(call: Call, answer: Answer, ask: Ask) -> None:
    """It satisfies the requirement, and whatever else does is not newer, and older if it comes first."""
    if call.function == "versions.newest" and "returned" in answer:
        versions, requirement = call.arguments
        fit = [text for text in versions if ask(Call("versions.satisfies", [text, requirement])) == {"returned": True}]
        newest = answer["returned"]
        assert newest in fit if fit else newest is None
        for position, version in enumerate(fit):
            assert order(version, newest) < (0 if position < fit.index(newest) else 1)
