"""What holds of `tokenizer`."""

import re

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

KINDS = {"number": r"\d+(\.\d*)?", "name": r"[A-Za-z_]\w*", "operator": r"[<>=]=|[-+*/()<>]"}


def property_tokens_are_of_their_kinds(call: Call, answer: Answer, ask: Ask) -> None:
    """Tokens have the form of their kind, and together are the text without its spaces."""
    if "returned" in answer:
        assert all(re.fullmatch(KINDS[kind], text) for kind, text in answer["returned"])
        assert "".join(text for _, text in answer["returned"]) == call.arguments[0].replace(" ", "")


def property_spaces_between_tokens_change_nothing(call: Call, answer: Answer, ask: Ask) -> None:
    """Tokens set apart by spaces are the same tokens."""
    if "returned" in answer:
        apart = "  ".join(text for _, text in answer["returned"])
        assert ask(call._replace(arguments=[f" {apart} "])) == answer


def property_only_what_fits_nowhere_is_refused(call: Call, answer: Answer, ask: Ask) -> None:
    """A text is refused if, and only if, longest pieces from the left do not make it up."""
    pieces = "|".join(f"(?:{pattern})" for pattern in [*KINDS.values(), " "])
    assert ("returned" in answer) == bool(re.fullmatch(rf"(?>{pieces})*", call.arguments[0]))
    assert answer.get("raised", "ValueError") == "ValueError"
