"""A currency exchange."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

from .money import read_amount, show_amount
from .quotes import Quotes
from .routes import NoRoute, find_route

FEE = Fraction(1, 500)


class Desk:
    """Changes money at the given quotes."""

    def __init__(self, quotes: list[str]) -> None:
        """Open a desk.

        Raises:
            BadQuote: one of the quotes is none.
        """
        self._quotes = Quotes(quotes)
        self._known: dict[tuple[str, str, bool], Fraction] = {}

    def rate(self, source: str, target: str, with_fee: bool) -> Fraction:
        """Return what one unit of a currency gives in another; each exchange on the way costs the fee, if there is one.

        Raises:
            NoRoute: no chain of quotes leads there.
        """
        key = (source, target, with_fee)
        if key not in self._known:
            route = find_route(self._quotes, source, target)
            factor = 1 - FEE if with_fee else Fraction(1)
            rate = Fraction(1)
            for current, following in pairwise(route):
                rate *= self._quotes.rate(current, following) * factor
            self._known[key] = rate
        return self._known[key]


def convert(quotes: list[str], orders: list[list[str]]) -> list[str]:
    """Return what is paid out for each order, fees taken off, rounded down.

    Args:
        quotes: texts such as `EUR/USD 1.25`.
        orders: pairs of an amount, such as `12.50 EUR`, and the currency that is wanted for it.

    Raises:
        BadQuote: one of the quotes is none.
        BadAmount: one of the amounts is none.
        NoRoute: an amount cannot be changed into the currency that is wanted.
    """
    desk = Desk(quotes)
    paid = []
    for text, target in orders:
        value, currency = read_amount(text)
        paid.append(show_amount(value * desk.rate(currency, target, True), target))
    return paid


def valuation(quotes: list[str], holdings: list[str], target: str) -> dict[str, Any]:
    """Return what amounts are worth together in one currency.

    Returns:
        `worth` without fees, `if_sold` with them, both rounded down once, and `left_out`: the amounts that cannot be
        changed, in their order.

    Raises:
        BadQuote: one of the quotes is none.
        BadAmount: one of the amounts is none.
    """
    desk = Desk(quotes)
    worth = if_sold = Fraction(0)
    left_out: list[str] = []
    for text in holdings:
        value, currency = read_amount(text)
        try:
            worth += value * desk.rate(currency, target, False)
            if_sold += value * desk.rate(currency, target, True)
        except NoRoute:
            left_out.append(text)
    return {"worth": show_amount(worth, target), "if_sold": show_amount(if_sold, target), "left_out": left_out}
