"""What holds of `csv_row`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_fields_written_in_quotes_are_read_again(call: Call, answer: Answer, ask: Ask) -> None:
    """A line of the same fields, all in quotes, has the same answer."""
    _, separator = call.arguments
    if "returned" in answer:
        quoted = ['"' + field.replace('"', '""') + '"' for field in answer["returned"]]
        assert ask(call._replace(arguments=[separator.join(quoted), separator])) == answer


def property_one_more_separator_is_one_more_field(call: Call, answer: Answer, ask: Ask) -> None:
    """A separator behind the line adds an empty field at the end."""
    line, separator = call.arguments
    if "returned" in answer:
        assert ask(call._replace(arguments=[line + separator, separator])) == {"returned": [*answer["returned"], ""]}


def property_a_line_without_quotes_is_split(call: Call, answer: Answer, ask: Ask) -> None:
    """Without double quotes nothing but separators matters, and nothing is wrong."""
    line, separator = call.arguments
    if '"' not in line:
        assert answer == {"returned": line.split(separator)}
