"""Faults of a user's tasks: where each one is, what is wrong there, and the nearest valid name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from agentgym.errors import did_you_mean

MAX_SHOWN_CHARS = 60
NEEDED = {"tuple_type": "a list", "list_type": "a list", "dict_type": "an object", "model_type": "an object"}


class Fault(NamedTuple):
    """One thing that is wrong with a task.

    Attributes:
        key: dotted path of the key, empty for the task as a whole.
        why: what is wrong, and what to do.
    """

    key: str
    why: str

    def at(self, place: str) -> str:
        """Return the sentence for people: the file and line or folder, the key, and what is wrong."""
        return f"{place}: {self.key}: {self.why}" if self.key else f"{place}: {self.why}"


def model_faults(model: type[BaseModel], error: ValidationError) -> Iterator[Fault]:
    """Yield what a model found wrong with its input."""
    for one in error.errors():
        found: dict[str, Any] = dict(one)
        # Items that are wrong themselves are not counted, and told by themselves.
        if found["type"] != "too_short" or len(found["input"]) < found["ctx"]["min_length"]:
            yield _fault(model, found)


def _fault(model: type[BaseModel], found: dict[str, Any]) -> Fault:
    path = found["loc"]
    key = ".".join(str(part) for part in path)
    if found["type"] == "extra_forbidden":
        return Fault(key, f"there is no such key{did_you_mean(str(path[-1]), _keys(model, path[:-1]))}")
    if found["type"] == "missing":
        return Fault(key, "this key is missing")
    if needed := NEEDED.get(found["type"]):
        return Fault(key, f"{needed} is needed, not {shown(found['input'])}")
    if found["type"] in ("too_short", "too_long"):
        return Fault(key, _wrong_length(found["ctx"], len(found["input"])))
    message = str(found["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if found["type"] == "value_error" and isinstance(found["input"], dict):
        # All of an object says nothing of what is wrong in it.
        return Fault(key, message)
    return Fault(key, f"{message}, not {shown(found['input'])}")


def shown(value: object) -> str:
    """Return a value for people, shortened: lists, objects, true, false and null as in JSON, a string in quotes."""
    plain = isinstance(value, bool | list | dict) or value is None
    text = json.dumps(value, ensure_ascii=False, default=str) if plain else repr(value)
    return text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "…"


def _wrong_length(bounds: dict[str, Any], length: int) -> str:
    least, most = bounds.get("min_length"), bounds.get("max_length")
    if least is not None:
        return f"at least {least} item{' is' if least == 1 else 's are'} needed, not {length}"
    return f"at most {most} item{' is' if most == 1 else 's are'} allowed, not {length}"


def _keys(model: type[BaseModel], sections: Sequence[Any]) -> list[str]:
    """Return the keys that a section of a model has; those of the model itself where the section is no model."""
    for section in sections:
        field = model.model_fields.get(str(section))
        inner = field.annotation if field else None
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return list(model.model_fields)
