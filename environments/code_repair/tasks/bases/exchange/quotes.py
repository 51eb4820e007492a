"""Quotes such as `EUR/USD 1.25`: what one unit of the first currency costs in the second."""

import re
from fractions import Fraction

QUOTE = re.compile(r"([A-Z]{3})/([A-Z]{3}) ([0-9]+(?:\.[0-9]+)?)")


class BadQuote(ValueError):
    """A text that is no quote."""


class Quotes:
    """The rates between currencies that are quoted against each other."""

    def __init__(self, texts: list[str]) -> None:
        """Read quotes; a later one replaces an earlier one of the same two currencies, either way round.

        Raises:
            BadQuote: a text is no quote, its two currencies are the same, or its rate is 0.
        """
        self._rates: dict[str, dict[str, Fraction]] = {}
        for text in texts:
            found = QUOTE.fullmatch(text)
            if found is None or found[1] == found[2] or Fraction(found[3]) == 0:
                raise BadQuote(text)
            base, other, rate = found[1], found[2], Fraction(found[3])
            self._rates.setdefault(base, {})[other] = rate
            self._rates.setdefault(other, {})[base] = 1 / rate

    def rate(self, source: str, target: str) -> Fraction:
        """Return what one unit of a currency costs in one that is quoted against it."""
        return self._rates[source][target]

    def neighbours(self, currency: str) -> list[str]:
        """Return the currencies quoted against one, in alphabetical order."""
        return sorted(self._rates.get(currency, {}))
