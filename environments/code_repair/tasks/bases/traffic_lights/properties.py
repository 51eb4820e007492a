"""What holds of `traffic_lights`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

DAY = 86_400


def seconds(time: str) -> int:
    """Return the seconds since midnight."""
    hours, minutes, rest = (int(part) for part in (time + ":00").split(":")[:3])
    return hours * 3600 + minutes * 60 + rest


def property_only_one_road_is_open(call: Call, answer: Answer, ask: Ask) -> None:
    """At most one road has green or amber; at night all lights are off, by day none."""
    if call.function == "traffic_lights.lights_at" and "returned" in answer:
        colours = list(answer["returned"].values())
        if 5 * 3600 <= seconds(call.arguments[1]) < 23 * 3600:
            assert colours.count("red") >= len(colours) - 1
            assert set(colours) <= {"green", "amber", "red"}
        else:
            assert set(colours) == {"off"}


def property_cars_cross_on_green_or_at_night(call: Call, answer: Answer, ask: Ask) -> None:
    """Where a car crosses, it has green, or the lights are off and it has stood there."""
    if call.function == "traffic_lights.crossing_times" and "returned" in answer:
        plan, cars = call.arguments
        for (road, arrival), crossing in zip(cars, answer["returned"], strict=True):
            colour = ask(Call("traffic_lights.lights_at", [plan, crossing]))["returned"][road]
            waited = (seconds(crossing) - seconds(arrival)) % DAY
            assert colour == "green" or (colour == "off" and waited >= 3)


def property_cars_keep_their_distance_and_order(call: Call, answer: Answer, ask: Ask) -> None:
    """The cars of a road cross in the order in which they came, two seconds apart."""
    if call.function == "traffic_lights.crossing_times" and "returned" in answer:
        last: dict[str, int] = {}
        pairs = zip(call.arguments[1], answer["returned"], strict=True)
        for (road, arrival), crossing in sorted(pairs, key=lambda pair: seconds(pair[0][1])):
            moment = seconds(arrival) + (seconds(crossing) - seconds(arrival)) % DAY
            assert moment >= last.get(road, moment - 2) + 2
            last[road] = moment
