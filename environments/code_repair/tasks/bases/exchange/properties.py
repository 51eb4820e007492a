"""What holds of `exchange`."""

from fractions import Fraction

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def number(amount: str) -> Fraction:
    """Return an amount's number."""
    return Fraction(amount.split()[0])


def property_amounts_are_converted_one_by_one(call: Call, answer: Answer, ask: Ask) -> None:
    """Each amount gives what it gives alone, and nothing less than if it is sold as a holding."""
    if call.function == "exchange.convert" and "returned" in answer:
        quotes, orders = call.arguments
        for (amount, target), paid in zip(orders, answer["returned"], strict=True):
            assert ask(call._replace(arguments=[quotes, [[amount, target]]])) == {"returned": [paid]}
            alone = ask(Call("exchange.valuation", [quotes, [amount], target]))["returned"]
            assert alone["if_sold"] == paid
            assert number(alone["worth"]) >= number(paid)
            assert not amount.endswith(target) or number(paid) == number(amount)


def property_a_holding_counts_or_is_left_out(call: Call, answer: Answer, ask: Ask) -> None:
    """Those holdings are left out that cannot be converted, and they change nothing."""
    if call.function == "exchange.valuation" and "returned" in answer:
        quotes, holdings, target = call.arguments
        left = [text for text in holdings
                if ask(Call("exchange.convert", [quotes, [[text, target]]])) == {"raised": "NoRoute"}]  # fmt: skip
        assert answer["returned"]["left_out"] == left
        kept = [text for text in holdings if text not in left]
        assert ask(call._replace(arguments=[quotes, kept, target]))["returned"] == {
            **answer["returned"],
            "left_out": [],
        }


def property_a_sum_is_at_least_its_parts(call: Call, answer: Answer, ask: Ask) -> None:
    """Rounding down each holding gives the sum or less, by less than a smallest coin for each."""
    if call.function == "exchange.valuation" and "returned" in answer:
        quotes, holdings, target = call.arguments
        coin = Fraction(1, 10 ** {"JPY": 0, "KWD": 3}.get(target, 2))
        for key in ("worth", "if_sold"):
            alone = [ask(call._replace(arguments=[quotes, [text], target]))["returned"] for text in holdings]
            lost = number(answer["returned"][key]) - sum(number(part[key]) for part in alone)
            assert 0 <= lost <= coin * max(len(holdings) - 1, 0)
        assert number(answer["returned"]["if_sold"]) <= number(answer["returned"]["worth"])


def property_a_quote_holds_both_ways(call: Call, answer: Answer, ask: Ask) -> None:
    """A quote put last decides what its two currencies cost."""
    if "returned" in answer:
        quotes = call.arguments[0]
        if ask(Call("exchange.convert", [quotes, []])) == {"returned": []}:
            last = [*quotes, "EUR/USD 1.6"]
            there = ask(Call("exchange.valuation", [last, ["10.00 EUR"], "USD"]))["returned"]
            back = ask(Call("exchange.valuation", [last, ["10.00 USD"], "EUR"]))["returned"]
            assert (there["worth"], there["if_sold"]) == ("16.00 USD", "15.96 USD")
            assert (back["worth"], back["if_sold"]) == ("6.25 EUR", "6.23 EUR")
