"""Settings in layers: a TOML file, `--set`, and flags, each of which wins over those before it.

What they hold is collected first and validated once, so that every fault is told at the same time, those of the layers
and those of the values alike.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from agentgym.errors import UsageError

Chosen = TypeVar("Chosen", bound=BaseModel)
Check = Callable[[Mapping[str, Any]], Iterable[str]]
"""Yields what is wrong with values as they were given, which may be of any form."""


class Section(BaseModel):
    """A table of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Layers:
    """Values and what is wrong with them, collected layer by layer.

    Attributes:
        values: as they were given, nothing of them validated.
        faults: one sentence each.
        unread: whether there was a file that could not be read, so that nobody knows what it would have set.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.faults: list[str] = []
        self.unread = False

    def read(self, file: Path | Traversable | None) -> None:
        """Begin from a TOML file with sections as tables; None is none."""
        if file is not None:
            self.values = self._read_toml(file)
            self.unread = bool(self.faults)

    def assign(self, assignments: Sequence[str]) -> None:
        """Put `key.path=value` texts over what is there; values are as in TOML, bare words are strings."""
        for text in assignments:
            key, equals, value = text.partition("=")
            if equals:
                self._put(key.strip(), _toml_value(value.strip()))
            else:
                self.faults.append(f"--set {text}: write it as key=value")

    def override(self, flags: Mapping[str, Any]) -> None:
        """Put values by dotted path over what is there; None stands for a flag that was not given."""
        for key, flag in flags.items():
            if flag is not None:
                self._put(key, flag)

    def validated(self, model: type[Chosen], *checks: Check, ways: Mapping[str, str] | None = None) -> Chosen:
        """Return what was chosen.

        Args:
            model: whose fields the values are.
            checks: what else is looked at, also where the values are not of the model's form.
            ways: by a key that has to be set, how to.

        Raises:
            UsageError: lists every unknown key (with the nearest valid one), bad value and fault of the checks at once.
        """
        faults, chosen = [*self.faults], None
        try:
            chosen = model.model_validate(self.values)
        except ValidationError as error:
            told = [dict(fault) for fault in error.errors() if not _follows(dict(fault))]
            told = [fault for fault in told if not (self.unread and fault["type"] == "missing")]
            faults += [_fault(model, fault, ways or {}) for fault in told]
        for check in checks:
            faults += check(self.values)
        if faults or chosen is None:
            raise UsageError(*faults)
        return chosen

    def _read_toml(self, file: Path | Traversable) -> dict[str, Any]:
        try:
            return tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            self.faults.append(f"--config {file}: {error.strerror}")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.faults.append(f"--config {file} is not TOML: {error}")
        except RecursionError:
            self.faults.append(f"--config {file} is not TOML: it is nested too deeply")
        return {}

    def _put(self, path: str, value: Any) -> None:
        *sections, key = path.split(".")
        inner: Any = self.values
        for section in sections:
            if isinstance(inner, list):
                inner = self._table(inner, section, path)
            else:
                inner = inner.setdefault(section, {})
                if not isinstance(inner, dict) and not _is_tables(inner):
                    self.faults.append(f"{path}: {section} is a value, not a section")
                    return
            if inner is None:
                return
        if isinstance(inner, list):
            self.faults.append(f"{path}: this is a list of tables; set a key of one of them, as {path}.NAME=VALUE")
        else:
            inner[key] = value

    def _table(self, tables: list[dict[str, Any]], number: str, path: str) -> dict[str, Any] | None:
        """Return one of the tables of a list by its number, counted from 0."""
        if number.isdecimal() and int(number) < len(tables):
            return tables[int(number)]
        self.faults.append(f"{path}: {number} is none of its tables; they are 0 to {len(tables) - 1}")
        return None


def load(
    model: type[Chosen], file: Path | None, assignments: Sequence[str], flags: Mapping[str, Any], *checks: Check
) -> Chosen:
    """Return what a file, `--set` texts and flags choose; see `Layers`, whose methods tell what each holds."""
    layers = Layers()
    layers.read(file)
    layers.assign(assignments)
    layers.override(flags)
    return layers.validated(model, *checks)


def differences(before: Any, now: Any, prefix: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield the dotted keys in which two settings as JSON values differ, and both values; None where there is none."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        if before != now:
            yield prefix, before, now
        return
    for key in sorted(before.keys() | now.keys()):
        yield from differences(before.get(key), now.get(key), f"{prefix}.{key}" if prefix else key)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text


def _fault(model: type[BaseModel], fault: dict[str, Any], ways: Mapping[str, str]) -> str:
    path = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path, list(_keys(model, fault["loc"])), n=1, cutoff=0.5)
        return f"{path}: there is no such key" + (f"; did you mean {near[0]}?" if near else "")
    if fault["type"] == "missing":
        return f"{path}: it has to be set{f', {ways[path]}' if path in ways else ''}"
    if fault["type"] in ("model_type", "mapping_type", "dict_type"):
        return f"{path}: this is a section; set its keys, as {path}.NAME=VALUE"
    if fault["type"] == "tuple_type":
        return f'{path}: this is a list, as ["one", "two"], not {fault["input"]!r}'
    return f"{path}: {fault['msg'][0].lower()}{fault['msg'][1:]}, not {fault['input']!r}"


def _follows(fault: dict[str, Any]) -> bool:
    """Tell whether a list is called too short only because what is in it has faults, which are told by themselves."""
    return bool(fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"])


def _keys(model: type[BaseModel], place: Sequence[str | int] = ()) -> Iterator[str]:
    """Yield the dotted keys of a model; tables of a list are numbered as the one at a place is."""
    for name, field in model.model_fields.items():
        here, rest = place[:1] == (name,), place[1:]
        inner: Any = field.annotation
        if _is_model(inner):
            yield from (f"{name}.{key}" for key in _keys(inner, rest if here else ()))
        elif here and rest and isinstance(rest[0], int):
            for table in filter(_is_model, get_args(inner)):
                yield from (f"{name}.{rest[0]}.{key}" for key in _keys(table, rest[1:]))
        yield name


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
