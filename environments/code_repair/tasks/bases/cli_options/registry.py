"""All options of a program."""

from collections.abc import Sequence

from .errors import DefinitionError, UsageError
from .option import FLAG, Option

NEGATION = "no-"


class Registry:
    """Options by their names.

    Attributes:
        options: in the order in which they are defined.
    """

    def __init__(self, options: Sequence[Option]) -> None:
        self.options = tuple(options)
        self._long: dict[str, tuple[Option, bool]] = {}
        self._short: dict[str, Option] = {}
        for option in options:
            self._add(option.name, option, is_on=True)
            if option.kind == FLAG:
                self._add(NEGATION + option.name, option, is_on=False)
            if option.short in self._short:
                raise DefinitionError(f"-{option.short} is defined twice")
            if option.short:
                self._short[option.short] = option

    def find(self, name: str) -> tuple[Option, bool]:
        """Return the option of a long name, which may be shortened, and False if it is negated.

        Raises:
            UsageError: there is none, or several whose names begin so.
        """
        if name in self._long:
            return self._long[name]
        matching = [known for known in self._long if known.startswith(name)]
        if not matching:
            raise UsageError(f"--{name}", "is unknown")
        if len(matching) > 1:
            raise UsageError(f"--{name}", f"could be {', '.join(f'--{known}' for known in sorted(matching))}")
        return self._long[matching[0]]

    def find_short(self, letter: str) -> Option:
        """Return the option of a letter."""
        try:
            return self._short[letter]
        except KeyError:
            raise UsageError(f"-{letter}", "is unknown") from None

    def _add(self, name: str, option: Option, *, is_on: bool) -> None:
        if name in self._long:
            raise DefinitionError(f"--{name} is defined twice")
        self._long[name] = (option, is_on)
