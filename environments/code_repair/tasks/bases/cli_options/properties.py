"""What holds of `cli_options`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

KINDS = {"flag": bool, "count": int, "number": int, "text": str, "list": list}


def property_values_are_of_their_kind(call: Call, answer: Answer, ask: Ask) -> None:
    """Each option has a value, which is of its kind or, without a default, None."""
    if "returned" in answer:
        values = answer["returned"]["options"]
        assert list(values) == [option["name"] for option in call.arguments[0]]
        for option in call.arguments[0]:
            value, kind = values[option["name"]], option.get("kind", "text")
            assert type(value) is KINDS[kind] or (value is None and kind in ("number", "text"))
            assert value is not None or "default" not in option


def property_values_written_out_are_read_again(call: Call, answer: Answer, ask: Ask) -> None:
    """A command line that is made of the values has the same values, and the same rest."""
    if "returned" in answer:
        arguments = []
        for option in call.arguments[0]:
            name, value = option["name"], answer["returned"]["options"][option["name"]]
            initial = value == option.get("default", []) and not option.get("required", False)
            if option.get("kind") == "flag":
                arguments.append(f"--{name}" if value else f"--no-{name}")
            elif option.get("kind") == "count":
                if value != option.get("default"):
                    arguments += [f"--{name}"] * value
            elif value is not None and not initial:
                arguments.append(f"--{name}={','.join(value) if isinstance(value, list) else value}")
        arguments += ["--", *answer["returned"]["rest"]]
        assert ask(call._replace(arguments=[call.arguments[0], arguments])) == answer


def property_behind_the_end_all_is_rest(call: Call, answer: Answer, ask: Ask) -> None:
    """Arguments more, behind two hyphens, are just added to the rest."""
    if "returned" in answer:
        definitions, arguments = call.arguments
        more = ask(call._replace(arguments=[definitions, [*arguments, "--", "-v", "--size"]]))["returned"]
        rest = answer["returned"]["rest"]
        assert more["options"] == answer["returned"]["options"]
        assert more["rest"] in ([*rest, "-v", "--size"], [*rest, "--", "-v", "--size"])


def property_definitions_are_checked_first(call: Call, answer: Answer, ask: Ask) -> None:
    """Definitions make sense, or not, whatever is on the command line."""
    empty = ask(call._replace(arguments=[call.arguments[0], []]))
    assert (answer.get("raised") == "DefinitionError") == (empty.get("raised") == "DefinitionError")
    assert answer.get("raised", "UsageError") in ("UsageError", "DefinitionError")
