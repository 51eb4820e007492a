"""Booking seats in a hall."""

from collections.abc import Mapping, Sequence

from .choice import scattered, side_by_side
from .errors import Refused
from .hall import Hall
from .labels import Seat, read_seat, write_seat
from .pricing import bill

Request = Mapping[str, object]


def book(rows: list[str], requests: Sequence[Request]) -> dict[str, dict[str, list[str]] | dict[str, int] | list[str]]:
    """Return who sits where after requests have been dealt with in order.

    Args:
        rows: the hall, front row first; each mark is a seat `o`, an aisle `_` or a broken seat `x`.
        requests: each has a `name` and one of `size` (how many seats; with `together` false also apart from one
            another), `seats` (a list of labels) and `cancel` (all seats of the name are free again).

    Returns:
        `seats`: the labels of each name, in order. `bills`: what each name pays. `plan`: the rows with `#` on taken
        seats. `refused`: one text such as `ann: no room for 5` for each request not fulfilled.

    Raises:
        HallError: there is another mark in the rows, or there are more than 26 of them.
    """
    hall = Hall(rows)
    refused: list[str] = []
    for request in requests:
        try:
            answer(hall, request)
        except Refused as refusal:
            refused.append(str(refusal))
    seats = {name: hall.seats_of(name) for name in sorted(set(hall.owners.values()))}
    return {
        "seats": {name: [write_seat(seat) for seat in own] for name, own in seats.items()},
        "bills": {name: bill(own) for name, own in seats.items()},
        "plan": hall.plan(),
        "refused": refused,
    }


def answer(hall: Hall, request: Request) -> None:
    """Fulfil a request as a whole, or refuse it and change nothing."""
    name = str(request["name"])
    if "cancel" in request:
        if hall.leave(name) == 0:
            raise Refused(name, "has no seats")
        return
    if hall.seats_of(name):
        raise Refused(name, "has seats already")
    seats = named_seats(hall, request) if "seats" in request else chosen_seats(hall, request)
    hall.take(seats, name)


def named_seats(hall: Hall, request: Request) -> list[Seat]:
    """Return the seats whose labels are in a request."""
    name, labels = str(request["name"]), request["seats"]
    seats = []
    for label in labels if isinstance(labels, list) else []:
        seat = read_seat(label)
        if seat is None or not hall.has(seat):
            raise Refused(name, f"{label} is no seat")
        if seat in hall.owners:
            raise Refused(name, f"{label} is taken")
        seats.append(seat)
    if not seats:
        raise Refused(name, "wants no seats")
    return seats


def chosen_seats(hall: Hall, request: Request) -> list[Seat]:
    """Return the seats that suit the size of a request best."""
    name, size = str(request["name"]), request["size"]
    if not isinstance(size, int) or size < 1:
        raise Refused(name, "wants no seats")
    seats = side_by_side(hall, size)
    if seats is None and not request.get("together", True):
        seats = scattered(hall, size)
    if seats is None:
        raise Refused(name, f"no room for {size}")
    return seats
