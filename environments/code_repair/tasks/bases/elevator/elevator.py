"""A ride of an elevator through a day."""

from .car import Car
from .passengers import CallError, Passenger, read_calls

STOP = 2
MOVE = 1


def ride(calls: list[list[int]], floors: int = 6, capacity: int = 4) -> dict[str, int | list[list[int]]]:
    """Return how the elevator serves all calls.

    At each moment, passengers first leave, then the car chooses its way, then others board. If anyone has left or
    boarded, the car stands for `STOP` units of time; else it moves by one floor, or rests, for `MOVE`.

    Args:
        calls: triples [time, floor, goal], in any order; of those who wait on a floor, earlier ones in the list board
            first.
        floors: how many the house has, from 0 on.
        capacity: how many fit into the car.

    Returns:
        `trips`: [time of boarding, time of leaving] of each call. `moved`: over how many floors the car moved. `end`:
        when the last passenger has left, 0 without calls.

    Raises:
        CallError: a call is not valid, or nobody fits into the car.
    """
    if capacity < 1:
        raise CallError("the car is too small")
    passengers = read_calls(calls, floors)
    car = Car(capacity)
    now = 0
    while any(passenger.left is None for passenger in passengers):
        now += step(car, passengers, now)
    trips = [[passenger.boarded or 0, passenger.left or 0] for passenger in passengers]
    return {"trips": trips, "moved": car.moved, "end": max((left for _, left in trips), default=0)}


def step(car: Car, passengers: list[Passenger], now: int) -> int:
    """Do what is to be done now, and return how long it takes."""
    gone = car.let_out(now)
    waiting = [passenger for passenger in passengers if passenger.waits(now)]
    car.choose_way(waiting)
    if car.let_in(waiting, now) + gone > 0:
        return STOP
    car.move()
    return MOVE
