"""What somebody borrows."""

from dataclasses import dataclass, field
from typing import Any

MAX_MONTHS = 480


class LoanError(ValueError):
    """A loan that nobody can grant."""


@dataclass(frozen=True)
class Loan:
    """An amount, to be paid back month by month.

    Attributes:
        cents: what is borrowed.
        rate: a year's interest in basis points.
        months: until everything is paid back.
        grace: how many months at the beginning only interest is paid.
        extras: what is paid besides at the end of a month, by month; from 1.
    """

    cents: int
    rate: int
    months: int
    grace: int = 0
    extras: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            LoanError: an amount, the rate, a month or a number of months is out of range.
        """
        if self.cents < 1 or self.rate < 0 or not 1 <= self.months <= MAX_MONTHS:
            raise LoanError("amount, rate or months out of range")
        if not 0 <= self.grace < self.months:
            raise LoanError("grace must leave a month to pay")
        if any(month < 1 or cents < 0 for month, cents in self.extras.items()):
            raise LoanError("extra payments out of range")


def read_loan(record: dict[str, Any]) -> Loan:
    """Return the loan of a record with `cents`, `rate`, `months`, and perhaps `grace` and `extras` (months as texts).

    Raises:
        LoanError: something is missing, a month is no number, or a number is out of range.
    """
    known = dict(record)
    try:
        extras = {int(month): cents for month, cents in known.pop("extras", {}).items()}
        return Loan(extras=extras, **known)
    except TypeError as error:
        raise LoanError("something is missing or unknown") from error
    except LoanError:
        raise
    except ValueError as error:
        raise LoanError("a month is no number") from error
