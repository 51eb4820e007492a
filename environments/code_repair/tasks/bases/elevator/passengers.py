"""Those who want to ride."""

from dataclasses import dataclass

UP = 1
DOWN = -1


class CallError(ValueError):
    """A call that the elevator cannot answer."""


@dataclass
class Passenger:
    """One who called the elevator.

    Attributes:
        called: when.
        start: the floor of the call.
        goal: the floor to ride to, another one.
        boarded: when the passenger went in, or None.
        left: when the passenger went out, or None.
    """

    called: int
    start: int
    goal: int
    boarded: int | None = None
    left: int | None = None

    @property
    def way(self) -> int:
        """`UP` or `DOWN`."""
        return UP if self.goal > self.start else DOWN

    def waits(self, now: int) -> bool:
        """Tell whether the passenger has called by now and has not gone in."""
        return self.called <= now and self.boarded is None


def read_calls(calls: list[list[int]], floors: int) -> list[Passenger]:
    """Return a passenger for each call, in order.

    Args:
        calls: triples [time, floor, goal]; times are at least 0, floors and goals at least 0 and below `floors`.
        floors: how many the house has.

    Raises:
        CallError: a number is out of range, or the goal is the floor of the call.
    """
    passengers = [Passenger(*call) for call in calls]
    for passenger in passengers:
        if not (0 <= passenger.start < floors and 0 <= passenger.goal < floors):
            raise CallError(f"there are only the floors 0 to {floors - 1}")
        if passenger.start == passenger.goal or passenger.called < 0:
            raise CallError("a call needs a goal elsewhere and a time of at least 0")
    return passengers
