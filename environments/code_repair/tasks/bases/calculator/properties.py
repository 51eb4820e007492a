"""What holds of `calculator`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_negation_changes_only_the_sign(call: Call, answer: Answer, ask: Ask) -> None:
    """A value and its opposite are shown with the same digits."""
    if answer.get("returned"):
        lines, decimals = [*call.arguments, 2][:2]
        *_, last, opposite = ask(call._replace(arguments=[[*lines, "-ans"], decimals]))["returned"]
        assert last == answer["returned"][-1]
        assert opposite.lstrip("-") == last.lstrip("-")
        assert not (opposite.startswith("-") and last.startswith("-"))


def property_values_are_kept_exactly(call: Call, answer: Answer, ask: Ask) -> None:
    """What is divided and then multiplied by the same number is as before, and less itself it is nothing."""
    if answer.get("returned"):
        lines, decimals = [*call.arguments, 2][:2]
        more = ask(call._replace(arguments=[[*lines, "kept = ans / 7", "ans * 7", "7 * kept - ans"], decimals]))
        assert more["returned"][-2:] == [answer["returned"][-1], "0"]


def property_results_stand_alone(call: Call, answer: Answer, ask: Ask) -> None:
    """Parentheses around a line without an assignment, and a comment behind it, change nothing."""
    lines, decimals = [*call.arguments, 2][:2]
    if "returned" in answer:
        wrapped = [
            line if "=" in line or not line.split("#")[0].strip() else f"({line.split('#')[0]})#" for line in lines
        ]
        assert ask(call._replace(arguments=[wrapped, decimals])) == answer


def property_results_are_numbers(call: Call, answer: Answer, ask: Ask) -> None:
    """Results have no more decimals than asked for, none of them needless, and there is no negative zero."""
    for text in answer.get("returned", []):
        whole, point, fraction = text.partition(".")
        assert whole.removeprefix("-").isdecimal()
        assert len(fraction) <= [*call.arguments, 2][1]
        assert bool(point) == bool(fraction)
        assert not fraction.endswith("0")
        assert text != "-0"
