"""What is on an invoice."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from .money import rounded, share

BULK_QUANTITY = 10
BULK_PERCENT = 5
VAT_PERCENT = {"standard": 19, "reduced": 7, "zero": 0}
USUAL_RATE = "standard"


class InvoiceError(ValueError):
    """An order that no invoice can be written for."""


@dataclass(frozen=True)
class Line:
    """So many pieces of one item.

    Attributes:
        price: of one piece.
        discount: in percent, as agreed for the line.
        rate: the name of its VAT rate.
    """

    quantity: int
    price: Decimal
    discount: int
    rate: str

    @property
    def net(self) -> Decimal:
        """What the line costs without VAT; the larger of its discount and the one for many pieces is taken off."""
        full = rounded(self.quantity * self.price)
        bulk = BULK_PERCENT if self.quantity >= BULK_QUANTITY else 0
        return full - share(full, max(self.discount, bulk))


def read_line(record: dict[str, Any]) -> Line:
    """Return the line of a record with `quantity`, `price` (a text), and perhaps `discount` and `rate`.

    Raises:
        InvoiceError: the quantity is below 1, the price is no number or negative, the discount is not from 0 to 100, or
            the rate is unknown.
    """
    quantity, discount = record["quantity"], record.get("discount", 0)
    rate = record.get("rate", USUAL_RATE)
    try:
        price = Decimal(record["price"])
    except InvalidOperation as error:
        raise InvoiceError(f"not a price: {record['price']}") from error
    if quantity < 1 or not 0 <= discount <= 100 or not price.is_finite() or price < 0:
        raise InvoiceError("a quantity, price or discount is out of range")
    if rate not in VAT_PERCENT:
        raise InvoiceError(f"unknown rate: {rate}")
    return Line(quantity, price, discount, rate)
