"""Options of command lines."""

from collections.abc import Mapping, Sequence
from typing import Any

from .command_line import CommandLine
from .errors import UsageError
from .option import Option, Value
from .registry import Registry

Fields = Mapping[str, Any]


def parse(definitions: Sequence[Fields], arguments: list[str]) -> dict[str, dict[str, Value] | list[str]]:
    """Return the values of all options, and what else is on a command line.

    Args:
        definitions: each has a `name`, and may have a `short` letter, a `kind` ("flag", "count", "number", "text" or
            "list"; "text" if not given), a `default`, `choices`, and be `required`.
        arguments: of the command line.

    Raises:
        DefinitionError: the definitions make no sense.
        UsageError: the command line does not fit them.
    """
    registry = Registry([read_option(fields) for fields in definitions])
    line = CommandLine(registry, arguments)
    line.read()
    for option in registry.options:
        if option.required and option.name not in line.values:
            raise UsageError(f"--{option.name}", "is required")
    values = {option.name: line.values.get(option.name, option.initial()) for option in registry.options}
    return {"options": values, "rest": line.rest}


def read_option(fields: Fields) -> Option:
    """Return the option that is given as plain data."""
    return Option(**{**fields, "choices": tuple(fields.get("choices", ()))})
