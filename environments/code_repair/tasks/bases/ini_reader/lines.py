"""Lines of a settings file, without comments and put together where one continues another."""

import re
from dataclasses import dataclass

COMMENT = re.compile(r"(?:^|\s)[#;]")


class SettingsError(ValueError):
    """A text breaks a rule of the format.

    Attributes:
        line: number of the line, from 1.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line


@dataclass
class LogicalLine:
    """A line together with those that continue it; `number` is that of the first."""

    number: int
    text: str


def logical_lines(text: str) -> list[LogicalLine]:
    """Return all lines that hold more than comments and white space.

    Raises:
        SettingsError: the first of them begins with white space, which continues nothing.
    """
    lines: list[LogicalLine] = []
    for number, line in enumerate(text.split("\n"), start=1):
        content = COMMENT.split(line, maxsplit=1)[0]
        if not content.strip():
            continue
        if not line[0].isspace():
            lines.append(LogicalLine(number, content.strip()))
        elif lines:
            lines[-1].text += " " + content.strip()
        else:
            raise SettingsError(number, "nothing to continue")
    return lines
