"""What holds of `event_queue`."""

import math

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def times(log: list[str], what: str) -> dict[str, int]:
    """Return when something happened, by customer."""
    events = [line.split(" ", 2) for line in log]
    return {name: int(time) for time, name, happened in events if happened == what}


def property_everyone_is_served_or_lost(call: Call, answer: Answer, ask: Ask) -> None:
    """Each customer arrives in time, and then is served for as long as needed, or gives up when patience is over."""
    if "returned" in answer:
        log = answer["returned"]["log"]
        arrivals, begins, ends = times(log, "arrives"), times(log, "is served"), times(log, "leaves")
        assert set(answer["returned"]["served"]).isdisjoint(answer["returned"]["lost"])
        assert len(answer["returned"]["served"] + answer["returned"]["lost"]) == len(call.arguments[0])
        for customer in call.arguments[0]:
            name, patience = customer["name"], customer.get("patience", math.inf)
            assert arrivals[name] == customer["arrives"]
            if name in begins:
                assert begins[name] <= arrivals[name] + patience
                assert ends[name] == begins[name] + customer["service"]
            else:
                assert times(log, "gives up")[name] == arrivals[name] + patience


def property_means_are_sums_over_the_customers(call: Call, answer: Answer, ask: Ask) -> None:
    """The mean line is the sum of all waits, the mean work that of all services, over the time to the end."""
    if "returned" in answer:
        result = answer["returned"]
        begins = times(result["log"], "is served") | times(result["log"], "gives up")
        waits = sum(begins[customer["name"]] - customer["arrives"] for customer in call.arguments[0])
        work = sum(customer["service"] for customer in call.arguments[0] if customer["name"] in result["served"])
        assert math.isclose(result["mean_line"] * result["end"], waits, abs_tol=1e-6)
        assert math.isclose(result["mean_busy"] * result["end"], work, abs_tol=1e-6)


def property_vips_do_not_wait_behind_others(call: Call, answer: Answer, ask: Ask) -> None:
    """Nobody is served while a vip waits who came before, unless as a vip."""
    if "returned" in answer:
        log = answer["returned"]["log"]
        arrivals, begins = times(log, "arrives"), times(log, "is served")
        vips = {customer["name"] for customer in call.arguments[0] if customer.get("vip")}
        for vip in vips & begins.keys():
            for other in begins.keys() - vips:
                assert not arrivals[vip] < begins[other] < begins[vip]
