"""The traffic lights of a crossing, and how cars get over it."""

from collections.abc import Callable

from .clock import is_night, read_time, write_time
from .plan import Plan, PlanError, read_plan
from .queueing import leave_one_by_one

NIGHT_STOP = 3


def lights_at(plan: str, time: str) -> dict[str, str]:
    """Return `green`, `amber`, `red`, or at night `off`, for each road of a plan.

    Raises:
        PlanError: the plan is not valid.
        TimeError: the time is not valid.
    """
    lights, moment = read_plan(plan), read_time(time)
    if is_night(moment):
        return dict.fromkeys(lights.roads, "off")
    return lights.colours(moment)


def crossing_times(plan: str, cars: list[list[str]]) -> list[str]:
    """Return when each car crosses, in the order of the cars.

    A car crosses on green. At night it may cross once it has been there for `NIGHT_STOP` seconds, by day or by night.

    Args:
        plan: roads and their seconds of green, as `read_plan` takes them.
        cars: pairs [road, time of arrival], all of one day, in any order.

    Raises:
        PlanError: the plan is not valid, or a car comes on a road that is not in it.
        TimeError: a time is not valid.
    """
    lights = read_plan(plan)
    lines: dict[str, list[int]] = {road: [] for road in lights.roads}
    for number, (road, _) in enumerate(cars):
        if road not in lines:
            raise PlanError(f"the plan has no road {road}")
        lines[road].append(number)
    times = [""] * len(cars)
    for road, numbers in lines.items():
        arrivals = [read_time(cars[number][1]) for number in numbers]
        for number, moment in zip(numbers, leave_one_by_one(arrivals, rule(lights, road)), strict=True):
            times[number] = write_time(moment)
    return times


def rule(lights: Plan, road: str) -> Callable[[int, int], bool]:
    """Return what tells whether a car on the road may cross at a moment, having been there for so many seconds."""

    def may_go(moment: int, waited: int) -> bool:
        if is_night(moment):
            return waited >= NIGHT_STOP
        return lights.colours(moment)[road] == "green"

    return may_go
