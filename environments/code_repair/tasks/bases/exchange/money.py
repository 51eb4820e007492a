"""Amounts such as `12.50 EUR`."""

import re
from fractions import Fraction

USUAL_DECIMALS = 2
DECIMALS = {"JPY": 0, "KWD": 3}


class BadAmount(ValueError):
    """A text that is no amount of money."""


def decimals(currency: str) -> int:
    """Return how many decimals amounts of a currency have."""
    return DECIMALS.get(currency, USUAL_DECIMALS)


def read_amount(text: str) -> tuple[Fraction, str]:
    """Return the number and the currency of an amount.

    Raises:
        BadAmount: it is no number, blank and three capital letters, or has more decimals than its currency.
    """
    found = re.fullmatch(r"([0-9]+)(?:\.([0-9]+))? ([A-Z]{3})", text)
    if found is None:
        raise BadAmount(text)
    units, fraction, currency = found.groups(default="")
    if len(fraction) > decimals(currency):
        raise BadAmount(text)
    return Fraction(f"{units}.{fraction}0"), currency


def show_amount(value: Fraction, currency: str) -> str:
    """Return an amount as text, rounded down to the decimals of its currency."""
    places = decimals(currency)
    scaled = value.numerator * 10**places // value.denominator
    units, rest = divmod(scaled, 10**places)
    return f"{units}.{rest:0{places}d} {currency}" if places else f"{units} {currency}"
