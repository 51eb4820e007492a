"""What holds of `run_length`."""

import itertools

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_runs_decode_to_the_text(call: Call, answer: Answer, ask: Ask) -> None:
    """Encoding loses nothing."""
    if call.function == "run_length.encode":
        assert ask(Call("run_length.decode", [answer["returned"]])) == {"returned": call.arguments[0]}


def property_runs_are_as_long_as_can_be(call: Call, answer: Answer, ask: Ask) -> None:
    """No two neighbouring runs are of the same character, and none is empty."""
    if call.function == "run_length.encode":
        runs = answer["returned"]
        assert all(left[1] != right[1] for left, right in itertools.pairwise(runs))
        assert all(count >= 1 and len(character) == 1 for count, character in runs)


def property_a_text_has_the_length_of_its_runs(call: Call, answer: Answer, ask: Ask) -> None:
    """What is decoded has as many characters as the runs count, and false runs are refused."""
    if call.function == "run_length.decode":
        (runs,) = call.arguments
        if all(count >= 1 and len(character) == 1 for count, character in runs):
            assert len(answer["returned"]) == sum(count for count, _ in runs)
        else:
            assert answer == {"raised": "ValueError"}
