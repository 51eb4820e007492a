"""Faults of a user's tasks: where each one is, what is wrong there, and the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from agentgym.errors import did_you_mean

MAX_SHOWN_CHARS = 60


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
    for found in error.errors():
        yield _fault(model, dict(found))


def _fault(model: type[BaseModel], found: dict[str, Any]) -> Fault:
    path = found["loc"]
    key = ".".join(str(part) for part in path)
    if found["type"] == "extra_forbidden":
        return Fault(key, f"there is no such key{did_you_mean(str(path[-1]), _keys(model, path[:-1]))}")
    if found["type"] == "missing":
        return Fault(key, "this key is missing")
    if found["type"] == "tuple_type":
        return Fault(key, f"a list is needed, not {found['input']!r:.60}")
    message = str(found["msg"]).removeprefix("Value error, ")
    shown = repr(found["input"])
    shown = shown if len(shown) <= MAX_SHOWN_CHARS else shown[:MAX_SHOWN_CHARS] + "…"
    return Fault(key, f"{message[:1].lower()}{message[1:]}, not {shown}")


def _keys(model: type[BaseModel], sections: Sequence[Any]) -> list[str]:
    """Return the keys that a section of a model has; those of the model itself where the section is no model."""
    for section in sections:
        field = model.model_fields.get(str(section))
        inner = field.annotation if field else None
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return list(model.model_fields)
