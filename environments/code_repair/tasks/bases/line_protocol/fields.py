"""Values of fields, whose types are marked."""

import re

from .escaping import escape, unescape

QUOTE = '"'
WHOLE_MARK = "i"
WORDS = {"t": True, "true": True, "f": False, "false": False}
WHOLE_NUMBER = re.compile(rf"-?[0-9]+{WHOLE_MARK}")
DECIMAL_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

Value = bool | int | float | str


def read_value(text: str) -> Value:
    """Return what a text such as `3i`, `2.5`, `t` or `"a b"` means.

    Raises:
        ValueError: it means nothing.
    """
    if len(text) >= 2 and text.startswith(QUOTE) and text.endswith(QUOTE):
        return unescape(text[1:-1])
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if WHOLE_NUMBER.fullmatch(text):
        return int(text.removesuffix(WHOLE_MARK))
    if DECIMAL_NUMBER.fullmatch(text):
        return float(text)
    raise ValueError(f"{text} is no value")


def value_text(value: Value) -> str:
    """Return the text that stands for a value."""
    if isinstance(value, str):
        return QUOTE + escape(value, QUOTE) + QUOTE
    if isinstance(value, bool):
        return "t" if value else "f"
    return f"{value}{WHOLE_MARK}" if isinstance(value, int) else str(value)
