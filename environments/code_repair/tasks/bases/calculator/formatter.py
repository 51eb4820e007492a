"""Rounding and writing of numbers."""

import math
from fractions import Fraction

MAX_DECIMALS = 12


def rounded(value: Fraction, decimals: int = 0) -> Fraction:
    """Return the number rounded to so many decimals, halves away from zero."""
    scale = 10**decimals
    size = math.floor(abs(value) * scale + Fraction(1, 2))
    return Fraction(size if value > 0 else -size, scale)


def number_text(value: Fraction, decimals: int) -> str:
    """Return a number with at most so many decimals, without zeros at the end of them."""
    shown = rounded(value, decimals)
    digits = str(int(abs(shown) * 10**decimals)).zfill(decimals + 1)
    split = len(digits) - decimals
    whole, fraction = digits[:split], digits[split:].rstrip("0")
    sign = "-" if shown < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
