"""Writing invoices."""

from decimal import Decimal
from typing import Any

from .lines import USUAL_RATE, VAT_PERCENT, Line, read_line
from .money import share
from .terms import due_date

SHIPPING = Line(1, Decimal("4.90"), 0, USUAL_RATE)
FREE_SHIPPING_FROM = Decimal("50.00")
USUAL_TERMS = "net 14"


def write_invoice(order: dict[str, Any]) -> dict[str, Any]:
    """Return the sums of an invoice and the day on which it is due.

    Args:
        order: `issued` (a day), `lines` (records of `quantity`, `price`, and perhaps `discount` and `rate`), and
            perhaps `terms` and `voucher` (an amount that is paid already).

    Returns:
        `net`, `vat` by name of rate, `to_pay` and `due`; amounts are texts such as `4.90`.

    Raises:
        InvoiceError: a line is wrong.
        UnknownTerms: the terms are.
        ValueError: there is no such day.
    """
    lines = [read_line(record) for record in order["lines"]]
    if lines and sum(line.net for line in lines) < FREE_SHIPPING_FROM:
        lines.append(SHIPPING)
    nets = net_by_rate(lines)
    vat = {rate: share(net, VAT_PERCENT[rate]) for rate, net in nets.items()}
    net = sum(nets.values(), Decimal("0.00"))
    gross = net + sum(vat.values())
    voucher = min(Decimal(order.get("voucher", "0.00")), gross)
    return {
        "net": str(net),
        "vat": {rate: str(amount) for rate, amount in vat.items() if amount > 0},
        "to_pay": str(gross - voucher),
        "due": due_date(order["issued"], order.get("terms", USUAL_TERMS)),
    }


def net_by_rate(lines: list[Line]) -> dict[str, Decimal]:
    """Return the net amounts of all lines, added up by the names of their rates."""
    nets: dict[str, Decimal] = {}
    for line in lines:
        nets[line.rate] = nets.get(line.rate, Decimal("0.00")) + line.net
    return nets
