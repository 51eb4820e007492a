"""How polynomials and exact numbers are written in statements and golds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction


def polynomial(coefficients: Sequence[int], variable: str = "x") -> str:
    """Return a polynomial as `3x^2 - x + 5`; the coefficients come lowest first."""
    powers = ["", variable, *(f"{variable}^{i}" for i in range(2, len(coefficients)))]
    pieces = []
    for factor, power in reversed(list(zip(coefficients, powers, strict=False))):
        if factor:
            size = "" if abs(factor) == 1 and power else str(abs(factor))
            pieces.append((factor < 0, f"{size}{power}"))
    return _joined(pieces)


def exact(terms: Mapping[str, Fraction]) -> str:
    """Return a sum of multiples of constants as `3/4 - 1/8*pi`, by the text of each constant (`1` for none)."""
    pieces = []
    for name, factor in terms.items():
        if factor:
            size = str(abs(factor))
            text = size if name == "1" else name if size == "1" else f"{size}*{name}"
            pieces.append((factor < 0, text))
    return _joined(pieces)


def _joined(pieces: Sequence[tuple[bool, str]]) -> str:
    if not pieces:
        return "0"
    (is_negative, first), *others = pieces
    return ("-" if is_negative else "") + first + "".join(f" {'-' if minus else '+'} {text}" for minus, text in others)
