"""Points that can be used until they expire."""

from dataclasses import dataclass
from datetime import date, timedelta

YEAR = timedelta(days=365)


@dataclass
class Lot:
    """Points that came together: how many are left, and the first day on which they cannot be used any more."""

    points: int
    expires: date


class Wallet:
    """All points of one member; `expired` is how many expired unused."""

    def __init__(self) -> None:
        self._lots: list[Lot] = []
        self.expired = 0

    @property
    def balance(self) -> int:
        """How many points can be used."""
        return sum(lot.points for lot in self._lots)

    def add(self, lot: Lot) -> None:
        """Put points in."""
        self._lots.append(lot)
        self._lots.sort(key=lambda other: other.expires)

    def take(self, points: int) -> None:
        """Use points, those first that expire first; there must be as many."""
        for lot in self._lots:
            used = min(lot.points, points)
            lot.points -= used
            points -= used
            if points == 0:
                break

    def drop_expired(self, day: date) -> None:
        """Take out what cannot be used any more on a day."""
        kept = []
        for lot in self._lots:
            if lot.expires <= day:
                self.expired += lot.points
            else:
                kept.append(lot)
        self._lots = kept

    def next_to_expire(self) -> tuple[date, int] | None:
        """Return the day on which points expire next, and how many; None if there are none."""
        days = [lot.expires for lot in self._lots if lot.points > 0]
        return (days[0], sum(lot.points for lot in self._lots if lot.expires == days[0])) if days else None
