"""One call of a base program's function, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Call(NamedTuple):
    """What is called, and with what.

    Attributes:
        function: `<module>.<function>`.
        arguments: plain JSON values.
    """

    function: str
    arguments: Sequence[Any]

    def __str__(self) -> str:
        return f"{self.function.rpartition('.')[2]}({', '.join(map(repr, self.arguments))})"


Answer = dict[str, Any]
"""What became of a call: `{"returned": value}` or `{"raised": name of the exception's class}`."""
