"""What holds of `permissions`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_text_and_bits_are_inverse(call: Call, answer: Answer, ask: Ask) -> None:
    """There and back again nothing is lost but bits above the nine lowest."""
    if call.function == "permissions.to_text":
        back = ask(Call("permissions.from_text", [answer["returned"]]))
        assert back == {"returned": call.arguments[0] % 512}
    if call.function == "permissions.from_text" and "returned" in answer:
        assert ask(Call("permissions.to_text", [answer["returned"]])) == {"returned": call.arguments[0]}


def property_a_rule_changes_its_group_only(call: Call, answer: Answer, ask: Ask) -> None:
    """A rule changes none but its own group's bits, and each group as the signs in it say."""
    if call.function == "permissions.change" and "returned" in answer:
        mode, rule = call.arguments
        before, after = (ask(Call("permissions.to_text", [bits]))["returned"] for bits in (mode, answer["returned"]))
        assert mode >> 9 == answer["returned"] >> 9
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            letter = "rwx"[place % 3]
            if rule[0] not in ("a", "ugo"[place // 3]):
                assert new == old
            elif letter in rule[2:]:
                assert new == ("-" if rule[1] == "-" else letter)
            else:
                assert new == ("-" if rule[1] == "=" else old)


def property_a_rule_applied_twice_is_applied_once(call: Call, answer: Answer, ask: Ask) -> None:
    """Applying a rule to its own result changes nothing."""
    if call.function == "permissions.change" and "returned" in answer:
        assert ask(call._replace(arguments=[answer["returned"], call.arguments[1]])) == answer
