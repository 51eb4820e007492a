"""Percent signs in addresses."""

import re

UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")


def decode(text: str) -> str:
    """Return the text with `%41` replaced by A, and so on; a percent sign without two such digits stays."""
    return ENCODED.sub(lambda found: chr(int(found[1], 16)), text)


def encode(text: str, safe: str = "") -> str:
    """Return the text with all characters but letters, digits, `-._~` and the safe ones as percent signs and digits.

    Raises:
        ValueError: a character needs more than two digits.
    """
    if any(ord(character) > 0xFF for character in text):
        raise ValueError("a character cannot be encoded")
    return "".join(c if c in UNRESERVED or c in safe else f"%{ord(c):02X}" for c in text)


def parse_query(text: str) -> dict[str, list[str]]:
    """Return all values of each name in a text such as `tag=a&tag=b+c`, in order; `+` is a space."""
    values: dict[str, list[str]] = {}
    for part in text.split("&"):
        name, _, value = part.replace("+", " ").partition("=")
        if part:
            values.setdefault(decode(name), []).append(decode(value))
    return values
