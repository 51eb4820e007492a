"""A member of the loyalty scheme."""

from datetime import date, timedelta

from .tiers import points_for, tier_of
from .wallet import YEAR, Lot, Wallet

LEAST_REDEEMED = 100
GIFT_LASTS = timedelta(days=30)
RETURN_WITHIN = timedelta(days=14)


class RefusedError(Exception):
    """Something that a member cannot do."""


class Purchase(Lot):
    """The points of a purchase on some day; `earned` is how many it gave, used or not."""

    def __init__(self, day: date, earned: int) -> None:
        super().__init__(earned, day + YEAR)
        self.day = day
        self.earned = earned


class Member:
    """What a member bought, got and used; `redeemed` is how many points were used."""

    def __init__(self) -> None:
        self.wallet = Wallet()
        self.redeemed = 0
        self._purchases: dict[int, Purchase] = {}

    def yearly(self, day: date) -> int:
        """Return the points that the purchases of the 365 days up to a day gave; those decide about the tier."""
        return sum(purchase.earned for purchase in self._purchases.values() if day - purchase.day < YEAR)

    def buy(self, number: int, day: date, cents: int) -> None:
        """Earn points by a purchase, according to the tier before it."""
        purchase = Purchase(day, points_for(cents, tier_of(self.yearly(day))))
        self._purchases[number] = purchase
        self.wallet.add(purchase)

    def receive(self, number: int, day: date, points: int) -> None:
        """Get points as a gift, which lasts 30 days and does not count for the tier."""
        self.wallet.add(Lot(points, day + GIFT_LASTS))

    def redeem(self, number: int, day: date, points: int) -> None:
        """Use points.

        Raises:
            RefusedError: they are fewer than 100 or more than there are.
        """
        if points < LEAST_REDEEMED:
            raise RefusedError("too few points")
        if points > self.wallet.balance:
            raise RefusedError(f"only {self.wallet.balance} points")
        self.wallet.take(points)
        self.redeemed += points

    def give_back(self, number: int, day: date, bought: int) -> None:
        """Take a purchase back, with those of its points that are left; it does not count for the tier any more.

        Raises:
            RefusedError: the event of that number is no purchase, was given back before, or is more than 14 days ago.
        """
        purchase = self._purchases.get(bought)
        if purchase is None:
            raise RefusedError("no such purchase")
        if day - purchase.day > RETURN_WITHIN:
            raise RefusedError("too late")
        purchase.points = 0
        del self._purchases[bought]
