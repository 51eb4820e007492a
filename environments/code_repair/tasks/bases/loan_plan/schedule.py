"""The months of a loan, one by one."""

from collections.abc import Iterator
from dataclasses import dataclass

from .interest import instalment, monthly_interest
from .loan import Loan


@dataclass(frozen=True)
class Month:
    """What is paid at the end of a month, and what is owed then."""

    interest: int
    repaid: int
    owed: int


def months_of(loan: Loan) -> Iterator[Month]:
    """Yield the months until nothing is owed any more.

    In months of grace only the interest is paid, and after them the same instalment every month; the last month pays
    what is left. Extra payments come after the month's own and shorten the loan; the instalment stays as it is.
    """
    payment = instalment(loan.cents, loan.rate, loan.months - loan.grace)
    owed = loan.cents
    number = 0
    while owed > 0:
        number += 1
        interest = monthly_interest(owed, loan.rate)
        repaid = 0 if number <= loan.grace else payment - interest
        if number == loan.months:
            repaid = owed
        repaid = min(owed, repaid + loan.extras.get(number, 0))
        owed -= repaid
        yield Month(interest, repaid, owed)
