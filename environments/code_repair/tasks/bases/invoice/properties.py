"""What holds of `invoice`."""

from datetime import date, timedelta
from decimal import Decimal

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_what_is_paid_is_net_and_vat(call: Call, answer: Answer, ask: Ask) -> None:
    """What is to be paid is net and VAT, less the voucher if that is not more."""
    if call.function == "invoice.write_invoice" and "returned" in answer:
        invoice = answer["returned"]
        gross = Decimal(invoice["net"]) + sum(map(Decimal, invoice["vat"].values()))
        voucher = Decimal(call.arguments[0].get("voucher", 0))
        assert Decimal(invoice["to_pay"]) == max(gross - voucher, Decimal(0))
        assert all(Decimal(text).as_tuple().exponent == -2 for text in (invoice["net"], invoice["to_pay"]))


def property_order_of_lines_does_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """The same lines the other way round make the same invoice, and so do rates and terms that are spelled out."""
    if call.function == "invoice.write_invoice" and "returned" in answer:
        (order,) = call.arguments
        lines = [{"discount": 0, "rate": "standard", **line} for line in reversed(order["lines"])]
        assert ask(call._replace(arguments=[{"terms": "net 14", **order, "lines": lines}])) == answer


def property_a_line_more_costs_what_it_costs_alone(call: Call, answer: Answer, ask: Ask) -> None:
    """To an order above the limit for free shipping, a dear line without VAT adds just its price."""
    if call.function == "invoice.write_invoice" and "returned" in answer:
        (order,) = call.arguments
        dear = {"quantity": 1, "price": "50.00", "rate": "zero"}
        lines = [*order["lines"], dear]
        once, twice = (ask(call._replace(arguments=[{**order, "lines": more}]))["returned"]
                       for more in (lines, [*lines, dear]))  # fmt: skip
        assert Decimal(twice["net"]) == Decimal(once["net"]) + 50
        assert twice["vat"] == once["vat"]
        shipping = Decimal(answer["returned"]["net"]) + 50 - Decimal(once["net"])
        assert shipping in (Decimal(0), Decimal("4.90"))


def property_small_orders_are_sent_for_money(call: Call, answer: Answer, ask: Ask) -> None:
    """An order with lines costs at least the shipping, one without costs nothing."""
    if call.function == "invoice.write_invoice" and "returned" in answer:
        net = Decimal(answer["returned"]["net"])
        assert net >= Decimal("4.90") if call.arguments[0]["lines"] else net == 0


def property_due_dates_are_working_days(call: Call, answer: Answer, ask: Ask) -> None:
    """An invoice is due on a day from Monday to Friday, at most two days after what was agreed."""
    if "returned" in answer:
        due = call.function == "terms.due_date"
        issued, terms = (
            call.arguments if due else (call.arguments[0]["issued"], call.arguments[0].get("terms", "net 14"))
        )
        day = date.fromisoformat(answer["returned"] if due else answer["returned"]["due"])
        assert day.weekday() < 5
        if terms.startswith("net "):
            assert 0 <= (day - date.fromisoformat(issued)).days - int(terms[4:]) <= 2
        if terms == "end of month":
            next_month = date.fromisoformat(f"{issued[:7]}-28") + timedelta(days=4)
            assert 0 <= (day - next_month.replace(day=1)).days + 1 <= 2
