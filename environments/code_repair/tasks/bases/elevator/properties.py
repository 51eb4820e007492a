"""What holds of `elevator`."""

import itertools

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

STOP = 2


def property_nobody_boards_before_the_call(call: Call, answer: Answer, ask: Ask) -> None:
    """A trip begins after the call, when the car can have come, and takes at least the way and the stop."""
    if "returned" in answer:
        for (called, start, goal), (boarded, left) in zip(call.arguments[0], answer["returned"]["trips"], strict=True):
            assert boarded >= max(called, start)
            assert left >= boarded + STOP + abs(goal - start)


def property_the_car_is_never_too_full(call: Call, answer: Answer, ask: Ask) -> None:
    """At every boarding, no more than fit are inside, and all of them want the same way."""
    if "returned" in answer:
        capacity = call.arguments[2] if len(call.arguments) > 2 else 4
        trips = list(zip(call.arguments[0], answer["returned"]["trips"], strict=True))
        for _, (moment, _) in trips:
            inside = [passenger for passenger, (boarded, left) in trips if boarded <= moment < left]
            assert 1 <= len(inside) <= capacity
            assert len({goal > start for _, start, goal in inside}) == 1


def property_the_car_is_in_one_place(call: Call, answer: Answer, ask: Ask) -> None:
    """Between two stops there is time for the way, and the car moves at least as far as the stops lie apart."""
    if "returned" in answer:
        stops: dict[int, int] = {}
        for (_, start, goal), (boarded, left) in zip(call.arguments[0], answer["returned"]["trips"], strict=True):
            assert stops.setdefault(boarded, start) == start
            assert stops.setdefault(left, goal) == goal
        moved = stops[min(stops)] if stops else 0
        moments = sorted(stops)
        for before, after in itertools.pairwise(moments):
            way = abs(stops[after] - stops[before])
            assert after - before >= STOP + way
            moved += way
        assert moved <= answer["returned"]["moved"] <= answer["returned"]["end"]
