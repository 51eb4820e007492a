"""Meaning of written values."""

import re
from typing import Any

WORDS: dict[str, bool | None] = {
    "true": True,
    "yes": True,
    "on": True,
    "false": False,
    "no": False,
    "off": False,
    "none": None,
}
FACTORS = {"": 1, "k": 1024, "m": 1024**2}
WHOLE_NUMBER = re.compile(r"([+-]?[0-9]+)([km]?)", re.IGNORECASE)
DECIMAL_NUMBER = re.compile(r"[+-]?[0-9]+\.[0-9]+")
QUOTED = re.compile(r'"([^"]*)"')


def convert(text: str) -> Any:
    """Return what a value means: text in quotes, a list with commas, a word of `WORDS`, a number, or plain text."""
    quoted = QUOTED.fullmatch(text)
    if quoted:
        return quoted[1]
    if "," in text:
        return [convert(item.strip()) for item in text.split(",") if item.strip()]
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    whole = WHOLE_NUMBER.fullmatch(text)
    if whole:
        return int(whole[1]) * FACTORS[whole[2].lower()]
    if DECIMAL_NUMBER.fullmatch(text):
        return float(text)
    return text
