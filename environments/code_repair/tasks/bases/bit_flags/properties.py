"""What holds of `bit_flags`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

COUNT = 5


def property_a_description_can_be_read_again(call: Call, answer: Answer, ask: Ask) -> None:
    """The names of bits have these bits, and a hexadecimal rest has the others."""
    if call.function == "bit_flags.describe" and "returned" in answer:
        parts = answer["returned"].split("|")
        foreign = int(parts.pop(), 16) if parts[-1].startswith("0x") else 0
        assert ask(Call("bit_flags.mask", ["|".join(parts)]))["returned"] + foreign == call.arguments[0]


def property_foreign_bits_never_change(call: Call, answer: Answer, ask: Ask) -> None:
    """A change touches the five flags only."""
    if call.function == "bit_flags.change" and "returned" in answer:
        assert answer["returned"] >> COUNT == call.arguments[0] >> COUNT


def property_changes_are_made_one_after_the_other(call: Call, answer: Answer, ask: Ask) -> None:
    """Made in calls of their own, changes come to the same."""
    if call.function == "bit_flags.change" and "returned" in answer:
        bits = call.arguments[0]
        for step in call.arguments[1].split(","):
            bits = ask(Call("bit_flags.change", [bits, step]))["returned"]
        assert bits == answer["returned"]


def property_the_order_of_flags_does_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """The same flags the other way round are the same bits, or refused as well."""
    if call.function == "bit_flags.mask":
        assert ask(Call(call.function, ["|".join(call.arguments[0].split("|")[::-1])])) == answer
