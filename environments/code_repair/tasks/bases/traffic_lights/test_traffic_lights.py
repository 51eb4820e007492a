import pytest

from .clock import TimeError, read_time
from .plan import PlanError
from .traffic_lights import crossing_times, lights_at

PLAN = "north 20, west 10"


def test_the_first_road_begins() -> None:
    assert lights_at(PLAN, "5:00") == {"north": "green", "west": "red"}


def test_amber_follows_green() -> None:
    assert lights_at(PLAN, "5:00:19")["north"] == "green"
    assert lights_at(PLAN, "5:00:20") == {"north": "amber", "west": "red"}


def test_all_have_red_between_two_roads() -> None:
    assert lights_at(PLAN, "5:00:23") == {"north": "red", "west": "red"}
    assert lights_at(PLAN, "5:00:24") == {"north": "red", "west": "green"}


def test_the_cycle_begins_again() -> None:
    assert lights_at(PLAN, "05:00:38") == {"north": "green", "west": "red"}


def test_lights_are_off_at_night() -> None:
    assert lights_at(PLAN, "23:00") == lights_at(PLAN, "4:59:59") == {"north": "off", "west": "off"}


def test_times_are_read() -> None:
    assert read_time("7:05") == 25500
    assert read_time("00:01:09") == 69


def test_what_is_no_time() -> None:
    for text in ("", "12", "1:2", "12:00:00:00", "24:00", "12:60"):
        with pytest.raises(TimeError):
            read_time(text)


def test_a_car_waits_for_green() -> None:
    assert crossing_times(PLAN, [["west", "5:00:02"], ["north", "5:00:02"]]) == ["05:00:24", "05:00:02"]


def test_cars_follow_one_another() -> None:
    cars = [["west", "5:00:30"], ["west", "5:00:10"], ["west", "5:00:10"]]
    assert crossing_times(PLAN, cars) == ["05:00:30", "05:00:24", "05:00:26"]


def test_who_is_too_late_waits_a_cycle() -> None:
    assert crossing_times(PLAN, [["north", "5:00:19"], ["north", "5:00:20"]]) == ["05:00:19", "05:00:38"]


def test_at_night_cars_stop_first() -> None:
    assert crossing_times(PLAN, [["west", "2:00"], ["west", "2:00:01"]]) == ["02:00:03", "02:00:05"]


def test_a_new_day_begins() -> None:
    assert crossing_times(PLAN, [["west", "23:59:58"]]) == ["00:00:01"]


def test_an_unknown_road() -> None:
    with pytest.raises(PlanError, match="no road south"):
        crossing_times(PLAN, [["south", "8:00"]])


def test_plans_that_do_not_work() -> None:
    for plan in ("", "north", "north x", "north 0", "north 5, north 7"):
        with pytest.raises(PlanError):
            lights_at(plan, "8:00")
