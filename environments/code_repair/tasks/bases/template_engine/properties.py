"""What holds of `template_engine`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_templates_can_be_joined(call: Call, answer: Answer, ask: Ask) -> None:
    """Text around a template, and a second copy of it, are shown beside it."""
    if call.function.endswith("render") and "returned" in answer:
        template, values = call.arguments
        shown = answer["returned"]
        doubled = ask(call._replace(arguments=[f"<{{# left #}}{template}{{# #}}>{{# #}}{template}", values]))
        if "%-" not in template and "-}}" not in template and "-%" not in template:
            assert doubled == {"returned": f"<{shown}>{shown}"}


def property_other_values_do_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """A value that a template does not name changes nothing, even if there is an error."""
    template, values = call.arguments
    assert ask(call._replace(arguments=[template, {"unnamed": [1], **values}])) == answer


def property_a_loop_repeats_its_body(call: Call, answer: Answer, ask: Ask) -> None:
    """In a loop over two items that does not use them, a template is shown twice."""
    if call.function.endswith("render") and "returned" in answer:
        template, values = call.arguments
        if "loop" not in template and "%-" not in template and "-}}" not in template and "-%" not in template:
            around = "{% for unused in twice %}" + template + "{% end %}"
            looped = ask(call._replace(arguments=[around, {**values, "twice": [1, 2]}]))
            assert looped == {"returned": 2 * answer["returned"]}
