"""Random calls for `exchange`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

CURRENCIES = ["CHF", "EUR", "JPY", "KWD", "USD"]
RATES = ["0.5", "2", "1.25", "0.8", "150", "3.25", "0.335", "1", "12.5"]


def random_quote(rng: random.Random) -> str:
    """Return a quote; one in sixty is none."""
    if rng.random() < 0.016:
        return rng.choice(["EUR/EUR 1", "EUR/USD 0", "EUR/USD", "EUR-USD 1.2"])
    base, other = rng.sample(CURRENCIES, 2)
    return f"{base}/{other} {rng.choice(RATES)}"


def random_amount(rng: random.Random) -> str:
    """Return an amount; one in forty is none."""
    if rng.random() < 0.025:
        return rng.choice(["1.5 JPY", "1.001 EUR", "-1 EUR", "1.00", "1. EUR"])
    currency = rng.choice(CURRENCIES)
    places = {"JPY": 0, "KWD": 3}.get(currency, 2)
    digits = f"{rng.choice([0, 1, 5, 19, 99, 100, 250, rng.randint(0, 9999)]):0{places + 1}d}"
    if places and rng.random() < 0.8:
        return f"{digits[:-places]}.{digits[-places:]} {currency}"
    return f"{digits} {currency}"


def random_call(rng: random.Random) -> Call:
    """Return a call with up to five quotes and up to four amounts; without a chain of quotes one is refused."""
    amounts = [random_amount(rng) for _ in range(rng.randint(0, 4))]
    target = rng.choice(CURRENCIES)
    if rng.random() < 0.5:
        quotes = [random_quote(rng) for _ in range(rng.randint(0, 5))]
        return Call("exchange.valuation", [quotes, amounts, target])
    quotes = [random_quote(rng) for _ in range(rng.randint(5, 8))]
    return Call("exchange.convert", [quotes, [[amount, rng.choice(CURRENCIES)] for amount in amounts[:3]]])
