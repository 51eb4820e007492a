"""One option, and what it makes of its values."""

import re
from dataclasses import dataclass

from .errors import DefinitionError, UsageError

Value = None | bool | int | str | list[str]

FLAG, COUNT, NUMBER, TEXT, LIST = "flag", "count", "number", "text", "list"
WITHOUT_VALUE = (FLAG, COUNT)
INITIAL: dict[str, Value] = {FLAG: False, COUNT: 0, NUMBER: None, TEXT: None, LIST: []}
SEPARATOR = ","
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
LETTER = re.compile(r"[A-Za-z]?")
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class Option:
    """An option.

    Attributes:
        name: behind `--`.
        short: one letter, behind `-`; empty if there is none.
        kind: flag, count, number, text or list.
        default: the value without the option; None for that of the kind.
        choices: the texts that are accepted as values; none for all.
        required: whether it must be there.
    """

    name: str
    short: str = ""
    kind: str = TEXT
    default: Value = None
    choices: tuple[str, ...] = ()
    required: bool = False

    def __post_init__(self) -> None:
        """Refuse names and kinds that make no sense."""
        if not NAME.fullmatch(self.name) or not LETTER.fullmatch(self.short):
            raise DefinitionError(f"{self.name!r} and {self.short!r} cannot be names")
        if self.kind not in INITIAL:
            raise DefinitionError(f"--{self.name} is of unknown kind {self.kind}")

    @property
    def takes_value(self) -> bool:
        """Whether a value follows."""
        return self.kind not in WITHOUT_VALUE

    def initial(self) -> Value:
        """Return the value without the option; each call returns a new list."""
        value = INITIAL[self.kind] if self.default is None else self.default
        return list(value) if isinstance(value, list) else value

    def read(self, text: str, before: Value) -> Value:
        """Return the value after a text was given.

        Raises:
            UsageError: the text is no value for this option.
        """
        texts = text.split(SEPARATOR) if self.kind == LIST else [text]
        for each in texts:
            if self.choices and each not in self.choices:
                raise UsageError(f"--{self.name}", f"must be one of {', '.join(self.choices)}")
        if self.kind == LIST:
            return before + texts if isinstance(before, list) else texts
        if self.kind == NUMBER:
            if not WHOLE_NUMBER.fullmatch(text):
                raise UsageError(f"--{self.name}", f"must be a number, not {text}")
            return int(text)
        return text
