"""Random calls for `traffic_lights`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

BEGINNINGS = ["5:00:", "4:59:", "22:59:", "23:00:", "12:00:", "7:30:", "23:59:", "0:00:"]


def random_time(rng: random.Random, beginning: str) -> str:
    """Return a time within a minute; one in forty is none."""
    if rng.random() < 0.025:
        return rng.choice(["24:00", "7:61", "7:5", "7:05:60", "7:60", "noon", "12:00:00 "])
    return beginning[:-1] if rng.random() < 0.1 else f"{beginning}{rng.randint(0, 59):02}"


def random_plan(rng: random.Random) -> str:
    """Return a plan of one to three roads; one in fifteen is not valid."""
    roads = rng.sample(["north", "west", "south"], rng.choice([1, 2, 2, 3]))
    greens = [f"{road} {rng.choice([1, 2, 3, 5, 8, 10])}" for road in roads]
    if rng.random() < 0.07:
        greens.append(rng.choice([f"{roads[0]} 4", "east 0", "east", "east five", ""]))
    return rng.choice([", ", ","]).join(greens)


def random_call(rng: random.Random) -> Call:
    """Return a call of `crossing_times` with cars that come at about the same time, or of another function."""
    kind = rng.randrange(10)
    beginning = rng.choice(BEGINNINGS)
    if kind == 0:
        return Call("clock.read_time", [random_time(rng, beginning)])
    plan = random_plan(rng)
    if kind < 4:
        return Call("traffic_lights.lights_at", [plan, random_time(rng, beginning)])
    roads = [part.split()[0] for part in plan.split(",") if part.strip()]
    cars = [[rng.choice(roads), random_time(rng, beginning)] for _ in range(rng.randint(1, 6))]
    if rng.random() < 0.03:
        cars[-1][0] = "nowhere"
    return Call("traffic_lights.crossing_times", [plan, cars])
