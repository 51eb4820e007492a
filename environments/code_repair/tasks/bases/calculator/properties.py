"""What holds of `calculator`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_tidy_lines_have_the_same_values(call: Call, answer: Answer, ask: Ask) -> None:
    """Tidied lines give the same results."""
    if call.function.endswith("calculate") and "returned" in answer:
        lines, decimals = call.arguments
        kept = [line for line in lines if line.split("#")[0].strip()]
        tidied = [ask(Call("calculator.tidy", [line]))["returned"] for line in kept]
        assert ask(call._replace(arguments=[tidied, decimals])) == answer


def property_tidying_twice_is_tidying_once(call: Call, answer: Answer, ask: Ask) -> None:
    """A tidy line stays as it is, and is no longer than it has to be."""
    if call.function.endswith("tidy") and "returned" in answer:
        assert ask(call._replace(arguments=[answer["returned"]])) == answer
        assert ask(call._replace(arguments=[answer["returned"] + "# note"])) == answer
        assert answer["returned"].count("(") <= call.arguments[0].split("#")[0].count("(")


def property_negation_changes_only_the_sign(call: Call, answer: Answer, ask: Ask) -> None:
    """A value and its opposite are shown with the same digits."""
    if call.function.endswith("calculate") and "returned" in answer and answer["returned"]:
        lines, decimals = call.arguments
        *_, last, opposite = ask(call._replace(arguments=[[*lines, "-ans"], decimals]))["returned"]
        assert last == answer["returned"][-1]
        assert opposite.lstrip("-") == last.lstrip("-")
        assert (opposite.startswith("-") and last.startswith("-")) is False
