"""Envelopes with the money for one kind of spending each."""

CARRIED_MONTHS = 2


class Envelope:
    """Money that is put aside every month and spent.

    Attributes:
        left: what is in it; negative if too much was spent.
        overspent: in how many months more was spent than there was.
    """

    def __init__(self, monthly: int) -> None:
        self.monthly = monthly
        self.left = 0
        self.overspent = 0

    def fill(self) -> None:
        """Put a month's money in. No more than that of two months is kept from before; debts are kept in full."""
        self.left = min(self.left, CARRIED_MONTHS * self.monthly) + self.monthly

    def spend(self, cents: int) -> None:
        """Take a month's spending out; what came back, as a negative number, goes in."""
        self.left -= cents
        if self.left < 0 and cents > 0:
            self.overspent += 1
