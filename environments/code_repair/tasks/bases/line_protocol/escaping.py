"""Backslashes in front of characters that would otherwise end a name or a text."""

ESCAPE = "\\"


def split_plain(text: str, separator: str, at_most: int | None = None) -> list[str]:
    """Return the parts between separators that are neither escaped nor between double quotes.

    Args:
        text: what is split; escapes and quotes stay in the parts.
        separator: one character.
        at_most: so many times, from the left; every time if it is None.
    """
    parts: list[str] = []
    start = 0
    quoted = escaped = False
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == ESCAPE:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted and (at_most is None or len(parts) < at_most):
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    """Return the text without escapes: a backslash stands for the character behind it; a last one stays."""
    plain = ""
    position = 0
    while position < len(text):
        if text[position] == ESCAPE and position + 1 < len(text):
            position += 1
        plain += text[position]
        position += 1
    return plain


def escape(text: str, special: str) -> str:
    """Return the text with a backslash in front of each special character and each backslash."""
    return "".join(ESCAPE + character if character in special + ESCAPE else character for character in text)
