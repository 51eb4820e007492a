"""What holds of `columns`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_the_letters_are_digits(call: Call, answer: Answer, ask: Ask) -> None:
    """Read as digits 1 to 26 of a number to the base 26, the name is the number."""
    if "returned" in answer:
        number = 0
        for letter in answer["returned"]:
            assert "A" <= letter <= "Z"
            number = 26 * number + ord(letter) - 64
        assert number == call.arguments[0]


def property_names_ascend(call: Call, answer: Answer, ask: Ask) -> None:
    """The next column's name is longer, or as long and later in the alphabet."""
    if "returned" in answer:
        name = answer["returned"]
        following = ask(call._replace(arguments=[call.arguments[0] + 1]))["returned"]
        assert (len(name), name) < (len(following), following)


def property_only_columns_below_one_are_refused(call: Call, answer: Answer, ask: Ask) -> None:
    """A name is given from column 1 on, and to no other."""
    assert ("returned" in answer) == (call.arguments[0] >= 1)
    assert answer.get("raised", "ValueError") == "ValueError"
