"""The schema of an answer: what a document breaks of it, each with what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from pydantic import JsonValue

from agentgym.environments.json_math.problem import FRACTION_PATTERN

MOST_FAULTS = 3
MAX_SHOWN = 40


def _is_integer(checker: object, value: object) -> bool:
    """Tell whether a value was written as an integer; JSON Schema itself also takes 7.0."""
    return isinstance(value, int) and not isinstance(value, bool)


StrictValidator = extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)


def faults(schema: JsonValue, document: JsonValue) -> list[str]:
    """Return the first faults; writing all of them down could take longer than finding them.

    Args:
        schema: the JSON Schema that the prompt shows; nothing else is told of.
        document: what was submitted.
    """
    found = (_sentence(fault) for fault in StrictValidator(schema).iter_errors(document))
    # There is one error for each key that is missing, and one sentence for all of them.
    return list(dict.fromkeys(islice(found, MOST_FAULTS)))


def _sentence(fault: ValidationError) -> str:
    say = SENTENCES.get(str(fault.validator))
    return f"{fault.json_path[:100]}: {say(fault) if say else fault.message[:100]}"


def _type(fault: ValidationError) -> str:
    return f"{WANTED.get(str(fault.validator_value), fault.validator_value)}, not {_shown(fault.instance)}"


def _missing(fault: ValidationError) -> str:
    missing = [key for key in fault.validator_value if key not in fault.instance]
    return f"missing: {', '.join(missing)}"


def _unasked(fault: ValidationError) -> str:
    asked: Mapping[str, Any] = fault.schema["properties"]
    extra = next(key for key in fault.instance if key not in asked)
    return f"nobody asks for the key {_shown(extra)}: leave it out; these are asked for: {', '.join(asked)}"


def _not_one_of(fault: ValidationError) -> str:
    return f"write one of {', '.join(map(_shown, fault.validator_value))}, not {_shown(fault.instance)}"


def _not_in_form(fault: ValidationError) -> str:
    form = FORMS.get(str(fault.validator_value), f"a string that fits {fault.validator_value}")
    return f"write {form}, not {_shown(fault.instance)}"


def _shown(value: object) -> str:
    """Return a value as it stands in JSON, shortened; never all of a long one."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = f'"{value[: MAX_SHOWN + 1]}"' if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


WANTED: Mapping[str, str] = {
    "integer": 'write an integer in plain digits, as 7 (not 7.0 or "7")',
    "string": "write a string in double quotes",
    "array": "write a list in square brackets",
    "object": "write an object in curly brackets",
}
FORMS: Mapping[str, str] = {
    FRACTION_PATTERN: 'a fraction in lowest terms as a string, as "3/4", "-7/2" or "5"',
    "^[0-9]*$": "a string of the digits 0 to 9",
}
SENTENCES: Mapping[str, Callable[[ValidationError], str]] = {
    "type": _type,
    "required": _missing,
    "additionalProperties": _unasked,
    "enum": _not_one_of,
    "pattern": _not_in_form,
    "minLength": lambda fault: "write a string that is not empty",
    "maxLength": lambda fault: f"write at most {fault.validator_value:,} characters, not {len(fault.instance):,}",
}
