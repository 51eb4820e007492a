"""Reading a command line from left to right."""

from .errors import UsageError
from .option import COUNT, Option, Value
from .registry import Registry

END = "--"


class CommandLine:
    """A command line that is being read.

    Attributes:
        values: of the options given so far.
        rest: what belongs to no option.
    """

    def __init__(self, registry: Registry, arguments: list[str]) -> None:
        self.values: dict[str, Value] = {}
        self.rest: list[str] = []
        self._registry = registry
        self._waiting = list(arguments)

    def read(self) -> None:
        """Read all arguments."""
        while self._waiting:
            argument = self._waiting.pop(0)
            if argument == END:
                self.rest += self._waiting
                break
            if argument.startswith("--"):
                self._read_long(argument[2:])
            elif argument.startswith("-") and len(argument) > 1 and not argument[1].isdigit():
                self._read_letters(argument[1:])
            else:
                self.rest.append(argument)

    def _read_long(self, text: str) -> None:
        name, sign, value = text.partition("=")
        option, is_on = self._registry.find(name)
        if option.takes_value:
            self._set(option, value if sign else self._next(option))
        elif sign:
            raise UsageError(f"--{option.name}", "takes no value")
        else:
            self._switch(option, is_on)

    def _read_letters(self, letters: str) -> None:
        for position, letter in enumerate(letters, start=1):
            option = self._registry.find_short(letter)
            if option.takes_value:
                self._set(option, letters[position:] or self._next(option))
                break
            self._switch(option, True)

    def _next(self, option: Option) -> str:
        if not self._waiting:
            raise UsageError(f"--{option.name}", "needs a value")
        return self._waiting.pop(0)

    def _set(self, option: Option, text: str) -> None:
        self.values[option.name] = option.read(text, self.values.get(option.name))

    def _switch(self, option: Option, is_on: bool) -> None:
        count = self.values.get(option.name, 0)
        self.values[option.name] = int(count) + 1 if option.kind == COUNT and isinstance(count, int) else is_on
