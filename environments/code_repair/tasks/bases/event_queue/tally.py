"""Numbers that change with time."""


class Tally:
    """A number that is 0 at time 0, the `highest` that its `value` has ever been, and its sum over time."""

    def __init__(self) -> None:
        self.value = 0
        self.highest = 0
        self._area = 0
        self._since = 0

    def change(self, by: int, now: int) -> None:
        """Change the number from now on; times never go back."""
        self._area = self.area(now)
        self._since = now
        self.value += by
        self.highest = max(self.highest, self.value)

    def area(self, now: int) -> int:
        """Return the sum over time until now: each value times how long it lasted."""
        return self._area + self.value * (now - self._since)

    def mean(self, now: int) -> float:
        """Return the mean over time until now; 0.0 at time 0."""
        return self.area(now) / now if now > 0 else 0.0
