"""What holds of `routes`."""

import itertools

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def lowest_costs(roads: list[list[str | int]], start: str) -> dict[str, int]:
    """Return the lowest cost of each town that can be reached, by trying every road until nothing gets cheaper."""
    costs = {start: 0}
    for _ in range(len(roads) + 1):
        for source, target, cost in roads:
            if source in costs:
                through = costs[str(source)] + int(cost)
                costs[str(target)] = min(costs.get(str(target), through), through)
    return costs


def property_no_route_is_cheaper(call: Call, answer: Answer, ask: Ask) -> None:
    """The cost is the lowest one, and there is no route only where no road leads."""
    if call.function == "routes.cheapest_route":
        roads, start, goal = call.arguments
        route = answer["returned"]
        assert (None if route is None else route[0]) == lowest_costs(roads, start).get(goal)


def property_a_route_follows_roads(call: Call, answer: Answer, ask: Ask) -> None:
    """A route leads from the start to the goal along roads that cost together what it says."""
    if call.function == "routes.cheapest_route" and answer["returned"] is not None:
        roads, start, goal = call.arguments
        total, *towns = answer["returned"]
        assert (towns[0], towns[-1]) == (start, goal)
        assert len(set(towns)) == len(towns)
        legs = itertools.pairwise(towns)
        assert total == sum(min(road[2] for road in roads if tuple(road[:2]) == leg) for leg in legs)


def property_a_budget_reaches_what_it_pays_for(call: Call, answer: Answer, ask: Ask) -> None:
    """The towns within the budget, and no others, are listed."""
    if call.function == "routes.reachable":
        roads, start, budget = call.arguments
        costs = lowest_costs(roads, start)
        assert answer["returned"] == sorted(town for town in costs if town != start and costs[town] <= budget)
