"""The car of the elevator."""

from .passengers import DOWN, UP, Passenger

REST = 0


class Car:
    """A car that stands on a floor or moves from one to the next.

    Attributes:
        floor: where it is; it begins on floor 0.
        way: `UP`, `DOWN`, or `REST` while it has nothing to do.
        moved: over how many floors so far.
    """

    def __init__(self, capacity: int) -> None:
        self.floor = 0
        self.way = REST
        self.moved = 0
        self._capacity = capacity
        self._inside: list[Passenger] = []

    def let_out(self, now: int) -> int:
        """Let out whoever wants to this floor, and return how many went."""
        leaving = [passenger for passenger in self._inside if passenger.goal == self.floor]
        for passenger in leaving:
            passenger.left = now
        self._inside = [passenger for passenger in self._inside if passenger.left is None]
        return len(leaving)

    def let_in(self, waiting: list[Passenger], now: int) -> int:
        """Let in those who wait here and want the car's way, as long as there is room; return how many came."""
        boarding = 0
        for passenger in waiting:
            if len(self._inside) == self._capacity:
                break
            if passenger.start == self.floor and passenger.way == self.way:
                passenger.boarded = now
                self._inside.append(passenger)
                boarding += 1
        return boarding

    def choose_way(self, waiting: list[Passenger]) -> None:
        """Go on while something is to be done farther that way, else turn if there is the other way, else rest.

        What is to be done: bring those inside, and those who wait here, to their goals, and fetch those who wait
        elsewhere. A car that has rested looks up first.
        """
        stops = [passenger.goal for passenger in self._inside]
        stops += [passenger.goal if passenger.start == self.floor else passenger.start for passenger in waiting]
        above = any(stop > self.floor for stop in stops)
        below = any(stop < self.floor for stop in stops)
        if self.way == DOWN:
            self.way = DOWN if below else UP if above else REST
        else:
            self.way = UP if above else DOWN if below else REST

    def move(self) -> None:
        """Move one floor, unless the car rests."""
        self.floor += self.way
        self.moved += abs(self.way)
