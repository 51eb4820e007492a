"""Reading a bank's list of payments."""

import re
from dataclasses import dataclass

PAYMENT = re.compile(r"([0-9]{4}-[0-9]{2})-[0-9]{2} +(-?)([0-9]+)(?:[.,]([0-9]{2}))? +(.*\S) *")


class PaymentError(ValueError):
    """A line that is no payment.

    Attributes:
        line: its number, from 1.
    """

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text!r}")
        self.line = line


@dataclass(frozen=True)
class Payment:
    """What was paid in a month, in cents; negative if it came back."""

    month: str
    cents: int
    purpose: str


def read_payments(lines: list[str]) -> list[Payment]:
    """Return the payments of all lines that are not empty and no comments (which begin with #).

    Raises:
        PaymentError: a line is no payment.
    """
    payments: list[Payment] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = PAYMENT.fullmatch(line)
        if found is None:
            raise PaymentError(number, line)
        month, minus, units, hundredths, purpose = found.groups()
        cents = int(units) * 100 + int(hundredths or 0)
        payments.append(Payment(month, -cents if minus else cents, purpose))
    return payments
