"""Single points: measured fields at a time, marked with tags."""

from dataclasses import dataclass, field
from typing import Any

from .escaping import escape, split_plain, unescape
from .fields import Value, read_value, value_text

SPECIAL = ', ="'
COMMENT_MARK = "#"


@dataclass
class Point:
    """What was measured; `time` is None if nobody knows when."""

    name: str
    tags: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Value] = field(default_factory=dict)
    time: int | None = None

    @classmethod
    def read(cls, line: str) -> "Point":
        """Return the point of a line `name,tag=text field=value,field=value time`.

        Raises:
            ValueError: the line is no point.
        """
        head, fields, *rest = [part for part in split_plain(line, " ") if part]
        if len(rest) > 1:
            raise ValueError("something behind the time")
        name, *tags = split_plain(head, ",")
        if not name:
            raise ValueError("no name")
        pairs = {key: read_value(text) for key, text in map(split_pair, split_plain(fields, ","))}
        return cls(
            unescape(name),
            {key: unescape(text) for key, text in map(split_pair, tags)},
            pairs,
            int(rest[0]) if rest else None,
        )

    def line(self) -> str:
        """Return the line of the point, tags and fields in alphabetical order."""
        head = [escape(self.name, SPECIAL)]
        head += [f"{escape(key, SPECIAL)}={escape(text, SPECIAL)}" for key, text in sorted(self.tags.items())]
        fields = [f"{escape(key, SPECIAL)}={value_text(value)}" for key, value in sorted(self.fields.items())]
        time = [] if self.time is None else [str(self.time)]
        return " ".join([",".join(head), ",".join(fields), *time])

    def series(self) -> tuple[Any, ...]:
        """Return what two points have in common that belong together."""
        return (self.name, sorted(self.tags.items()), self.time)


def split_pair(text: str) -> tuple[str, str]:
    """Return the key, without escapes, and the value of a text `key=value`.

    Raises:
        ValueError: it is none, or one of both is empty.
    """
    key, *values = split_plain(text, "=", 1)
    if not key or not values or not values[0]:
        raise ValueError(f"{text} is no pair")
    return unescape(key), values[0]
