from fractions import Fraction

import pytest

from .exchange import convert, valuation
from .money import BadAmount, show_amount
from .quotes import BadQuote
from .routes import NoRoute

QUOTES = ["EUR/USD 1.25", "USD/JPY 150", "GBP/USD 1.5"]


def test_an_exchange_takes_its_fee() -> None:
    assert convert(QUOTES, [["10.00 EUR", "USD"]]) == ["12.47 USD"]


def test_a_quote_works_both_ways() -> None:
    assert convert(QUOTES, [["100.00 USD", "EUR"]]) == ["79.84 EUR"]


def test_each_exchange_takes_a_fee() -> None:
    assert convert(QUOTES, [["10.00 EUR", "JPY"]]) == ["1867 JPY"]


def test_nothing_is_changed_into_itself() -> None:
    assert convert([], [["3.00 CHF", "CHF"]]) == ["3.00 CHF"]


def test_each_order_has_a_currency_of_its_own() -> None:
    orders = [["10.00 EUR", "USD"], ["10.00 EUR", "EUR"], ["10.00 EUR", "JPY"]]
    assert convert(QUOTES, orders) == ["12.47 USD", "10.00 EUR", "1867 JPY"]


def test_the_shortest_chain_is_taken() -> None:
    assert convert([*QUOTES, "EUR/JPY 100"], [["10.00 EUR", "JPY"]]) == ["998 JPY"]


def test_the_alphabet_decides_between_chains() -> None:
    quotes = ["EUR/USD 2", "EUR/CHF 1", "CHF/GBP 1", "USD/GBP 1"]
    assert valuation(quotes, ["1.00 EUR"], "GBP")["worth"] == "1.00 GBP"


def test_the_last_quote_counts() -> None:
    quotes = ["EUR/USD 1.25", "USD/EUR 0.5"]
    assert valuation(quotes, ["1.00 EUR"], "USD")["worth"] == "2.00 USD"


def test_a_currency_that_cannot_be_reached() -> None:
    with pytest.raises(NoRoute, match="from EUR to CHF"):
        convert(QUOTES, [["1.00 EUR", "CHF"]])


def test_a_valuation_is_rounded_once() -> None:
    answer = valuation(["USD/EUR 0.335"], ["1.00 USD", "1.00 USD", "5 EUR"], "EUR")
    assert answer == {"worth": "5.67 EUR", "if_sold": "5.66 EUR", "left_out": []}


def test_a_valuation_leaves_out_what_cannot_be_changed() -> None:
    answer = valuation(QUOTES, ["1.00 CHF", "300 JPY", "2.00 SEK"], "USD")
    assert answer == {"worth": "2.00 USD", "if_sold": "1.99 USD", "left_out": ["1.00 CHF", "2.00 SEK"]}


def test_decimals_depend_on_the_currency() -> None:
    assert show_amount(Fraction(1201, 1000), "KWD") == "1.201 KWD"
    assert show_amount(Fraction(1201, 1000), "EUR") == "1.20 EUR"
    assert show_amount(Fraction(1201, 1000), "JPY") == "1 JPY"


def test_amounts_that_are_none() -> None:
    for text in ("1.001 EUR", "1.5 JPY", "EUR", "-1.00 EUR", "1. EUR"):
        with pytest.raises(BadAmount):
            convert(QUOTES, [[text, "USD"]])


def test_quotes_that_are_none() -> None:
    for text in ("EUR/USD", "EUR/EUR 1", "EUR/USD 0.00"):
        with pytest.raises(BadQuote):
            convert([text], [])
