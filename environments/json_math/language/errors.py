"""What is wrong with an expression."""

from __future__ import annotations

EXCERPT = 16


class ExpressionError(ValueError):
    """The text is no expression of the language, or has no value within the limits.

    Attributes:
        position: where, in characters from the start; None if it is about the value rather than the text.
    """

    def __init__(self, detail: str, position: int | None = None, text: str = "") -> None:
        """Say what is wrong and, for a place in a text, show the text from there on."""
        self.position = position
        if position is not None:
            shown = repr(text[position : position + EXCERPT]) if text[position:] else "the end"
            detail = f"{detail} (at character {position}: {shown})"
        super().__init__(detail)


class CostError(ExpressionError):
    """It may have a value, but that takes more work than one answer is given."""
