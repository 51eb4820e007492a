"""Matching of brackets in a text that may hold quoted passages."""

PARTNERS = {")": "(", "]": "[", "}": "{"}
QUOTES = "'\""
ESCAPE = "\\"


class UnbalancedError(ValueError):
    """A bracket or a quote has no partner.

    Attributes:
        position: of that bracket or quote in the text.
    """

    def __init__(self, position: int, problem: str) -> None:
        super().__init__(f"{problem} at {position}")
        self.position = position


def skip_quoted(text: str, start: int) -> int:
    """Return the position behind the quoted passage whose opening quote is at `start`.

    Raises:
        UnbalancedError: the passage does not end.
    """
    position = start + 1
    while position < len(text):
        if text[position] == ESCAPE:
            position += 2
        elif text[position] == text[start]:
            return position + 1
        else:
            position += 1
    raise UnbalancedError(start, "unfinished quote")


def match_brackets(text: str) -> list[list[int]]:
    """Return the positions [opening, closing] of all pairs of brackets, in the order of the opening ones.

    Raises:
        UnbalancedError: a quoted passage does not end, a closing bracket does not fit the last open one, or brackets
            are open at the end; then `position` is that of the last open one.
    """
    pairs: list[list[int]] = []
    waiting: list[int] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character in QUOTES:
            position = skip_quoted(text, position)
            continue
        if character in PARTNERS.values():
            waiting.append(position)
        elif character in PARTNERS:
            if not waiting or text[waiting[-1]] != PARTNERS[character]:
                raise UnbalancedError(position, f"unexpected {character}")
            pairs.append([waiting.pop(), position])
        position += 1
    if waiting:
        raise UnbalancedError(waiting[-1], "unclosed bracket")
    return sorted(pairs)


def first_fault(text: str) -> int | None:
    """Return the position that `match_brackets` complains about, or None if everything matches."""
    try:
        match_brackets(text)
    except UnbalancedError as error:
        return error.position
    return None
