"""What holds of `rate_limiter`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_a_refused_request_is_allowed_after_its_wait(call: Call, answer: Answer, ask: Ask) -> None:
    """Asked again after its wait it is allowed, and a millisecond earlier it is not."""
    if "returned" not in answer:
        return
    rules, requests = call.arguments
    for position, wait in enumerate(answer["returned"]):
        if wait:
            now, client, *cost = requests[position]
            past = requests[:position]
            again = ask(Call(call.function, [rules, [*past, [now + wait, client, *cost]]]))["returned"]
            early = ask(Call(call.function, [rules, [*past, [now + wait - 1, client, *cost]]]))["returned"]
            assert again[-1] == 0
            assert early[-1] == 1


def property_refused_requests_might_as_well_be_missing(call: Call, answer: Answer, ask: Ask) -> None:
    """Without the refused requests, the others are allowed as before."""
    if "returned" in answer:
        rules, requests = call.arguments
        pairs = zip(requests, answer["returned"], strict=True)
        allowed = [request for request, wait in pairs if wait == 0]
        assert ask(Call(call.function, [rules, allowed]))["returned"] == [0] * len(allowed)


def property_no_window_holds_too_much(call: Call, answer: Answer, ask: Ask) -> None:
    """Within the period of a window of seconds, no more is spent than its limit."""
    if "returned" not in answer:
        return
    rules, requests = call.arguments
    allowed = [request for request, wait in zip(requests, answer["returned"], strict=True) if wait == 0]
    for now, client, *_ in allowed:
        for text in rules.get(client, rules.get("*")):
            kind, rest = text.split(" ")[:2]
            limit, period = rest.split("/")
            if kind == "window" and period.endswith("s"):
                since = now - 1000 * int(period[:-1] or 1)
                mine = [request for request in allowed if request[1] == client and since < request[0] <= now]
                assert sum(request[2] if len(request) > 2 else 1 for request in mine) <= int(limit)
