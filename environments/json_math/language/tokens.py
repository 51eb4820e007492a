"""From text to tokens: many writings of one thing, in LaTeX, Unicode and plain text, become one token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agentgym.environments.json_math.language.errors import ExpressionError

WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))

_SKIPPED = re.compile(
    r"(?:\s|\\[,;:! ]|\\(?:(?:left|right|[bB]igg?[lr]?)(?!\s*[\[\]])"
    r"|displaystyle|textstyle|quad|qquad|limits)(?![A-Za-z]))*",
    re.ASCII,
)
_TOKEN = re.compile(
    r"[0-9]+(?:\.[0-9]+)?|\\(?:operatorname\*?|mathrm|text|mathit)\s*\{\s*([A-Za-z]+)\s*\}|[A-Za-z]+"
    r"|\\(?:left|[bB]igg?l?)\s*(\[)|\\(?:right|[bB]igg?r?)\s*(\])|\\[A-Za-z]+|\*\*"
    r"|[-+*/^()!,{}_=]|[−–×·⋅∗÷∕πψγζΓΣ∑⌊⌋⌈⌉]|([⁰¹²³⁴-⁹⁺⁻⁽⁾ⁿ]+)|([₀-₉₊₋₍₎ₙ]+)",
    re.ASCII,
)
_NAMES = {
    **{"EulerGamma": "gamma", "eulergamma": "gamma", "Pi": "pi", "digamma": "psi", "log": "ln", "ceiling": "ceil"},
    **{"HarmonicNumber": "harmonic", "nCr": "binomial"},
}
_ALIASES: Mapping[str, str] = {
    **_NAMES,
    **{"**": "^", "\\cdot": "*", "\\times": "*", "\\ast": "*", "\\div": "/", "\\lbrace": "{", "\\rbrace": "}"},
    **dict(zip("−–×·⋅∗÷∕", "--****//", strict=True)),
    **{"π": "pi", "ψ": "psi", "γ": "gamma", "ζ": "zeta", "Γ": "Gamma", "Σ": "\\sum", "∑": "\\sum"},
    **{"\\pi": "pi", "\\psi": "psi", "\\gamma": "gamma", "\\zeta": "zeta", "\\Gamma": "Gamma"},
    **{"\\ln": "ln", "\\log": "ln", "\\dfrac": "\\frac", "\\tfrac": "\\frac", "\\cfrac": "\\frac"},
    **{"\\dbinom": "\\binom", "\\tbinom": "\\binom"},
    **{"\\lfloor": "⌊", "\\rfloor": "⌋", "\\lceil": "⌈", "\\rceil": "⌉"},
}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", "0123456789+-()n")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙ", "0123456789+-()n")
_INSTEAD = {
    **dict.fromkeys("½⅓⅔¼¾⅕⅙⅛", "write a fraction with digits and /"),
    "[": "square brackets can be read as a floor: write ( ) or floor( )",
    "]": "square brackets can be read as a floor: write ( ) or floor( )",
    "|": "there is no absolute value",
    "√": "there are no roots",
    "∏": "a product over an index is not a closed form",
    "∞": "every value is finite",
    "⁄": "write /",
    ".": "write a digit on both sides of a decimal point, and no dots for what is left out",
    "…": "write every term",
    ":": "write / to divide",
    "$": "one pair of $ may stand around the whole",
    "%": "write a fraction",
    "≈": "write the exact value alone",
    "<": "write one expression, without conditions",
    ">": "write one expression, without conditions",
    ";": "write one expression",
    "'": "write one expression",
    "~": "write a space, or the exact value alone",
}


class Token(NamedTuple):
    """A piece of text that means something.

    Attributes:
        text: its one writing, whatever was written.
        position: where it starts, in characters.
    """

    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of an expression.

    Raises:
        ExpressionError: a character has no place in the language.
    """
    start, end = _inner(text)
    return list(_tokens(text, start, end))


def _inner(text: str) -> tuple[int, int]:
    """Return where the expression starts and ends, without one pair of mathematics delimiters around it.

    Space around it and the full stop of a sentence after it are left out too.
    """
    start, end = len(text) - len(text.lstrip()), _without_stop(text, len(text))
    for opening, closing in WRAPPERS:
        if text.startswith(opening, start) and text.endswith(closing, start + len(opening), end):
            return start + len(opening), _without_stop(text, end - len(closing))
    return start, end


def _without_stop(text: str, end: int) -> int:
    """Return where a text ends without space, `~` and one full stop; dots may leave out terms and stay."""
    end = _without_space(text, end)
    stopped = _without_space(text, end - 1) if text[:end].endswith(".") else end
    return end if text[:stopped].endswith((".", "…")) else stopped


def _without_space(text: str, end: int) -> int:
    while end and (text[end - 1].isspace() or text[end - 1] == "~"):
        end -= 1
    return end


def _tokens(text: str, position: int, end: int) -> Iterator[Token]:
    while True:
        skipped = _SKIPPED.match(text, position, end)
        position = skipped.end() if skipped else position
        if position >= end:
            return
        match = _TOKEN.match(text, position, end)
        if match is None:
            instead = _INSTEAD.get(text[position], "")
            raise ExpressionError(f"unexpected {text[position]!r}{instead and ': '}{instead}", position, text)
        if match[4] or match[5]:
            yield from _script(match[0], position)
        else:
            name = match[1] or match[2] or match[3] or match[0]
            yield Token(_ALIASES.get(name, name), position)
        position = match.end()


def _script(written: str, position: int) -> Iterator[Token]:
    """Yield the tokens of raised or lowered characters, as if they stood in braces behind ^ or _."""
    raised = written[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ"
    yield Token("^" if raised else "_", position)
    yield Token("{", position)
    for piece in re.finditer(r"[0-9]+|.", written.translate(_RAISED if raised else _LOWERED)):
        yield Token(piece[0], position + piece.start())
    yield Token("}", position + len(written))
