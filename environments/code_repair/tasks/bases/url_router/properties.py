"""What holds of `url_router`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_built_addresses_lead_back(call: Call, answer: Answer, ask: Ask) -> None:
    """With its route alone, a built address leads back to the values and the query."""
    if call.function.endswith("build_url") and "returned" in answer:
        routes, name, values, query = call.arguments
        route = next(route for route in routes if route[2] == name)
        found = ask(
            Call("url_router.find_route", [[route], "HEAD" if "GET" in route[0] else route[0][:3], answer["returned"]])
        )
        if "returned" in found:
            assert found["returned"]["values"].items() <= values.items()
            assert found["returned"]["query"] == {key: texts for key, texts in query.items() if texts}


def property_routes_that_match_not_do_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """Of any two routes, the answer is that of the one alone or that of the other; unused ones change nothing."""
    if call.function.endswith("find_route"):
        routes, method, url = call.arguments
        alone = [ask(call._replace(arguments=[[route], method, url])) for route in routes]
        if "returned" in answer:
            assert answer in alone
            used = [route for route, found in zip(routes, alone, strict=True) if "returned" in found]
            assert ask(call._replace(arguments=[used, method, url])) == answer
        elif answer["raised"] == "NotFoundError":
            assert all(found == answer for found in alone)


def property_a_literal_route_comes_first(call: Call, answer: Answer, ask: Ask) -> None:
    """A route for exactly this path is taken, wherever it is listed."""
    if call.function.endswith("find_route") and "returned" in answer:
        routes, method, url = call.arguments
        path = url.split("#")[0].split("?")[0]
        if not path.endswith("//"):
            found = ask(call._replace(arguments=[[["DELETE|PUT|GET|POST", path, "exact"], *routes], method, url]))
            assert found == {"returned": {**answer["returned"], "name": "exact", "values": {}}}


def property_encoded_text_is_decoded(call: Call, answer: Answer, ask: Ask) -> None:
    """Encoded text holds nothing special and is decoded to the same text."""
    if call.function.endswith(".encode") and "returned" in answer:
        assert not set(answer["returned"]) & set(" &+?#")
        assert ask(Call("quoting.decode", [answer["returned"]])) == {"returned": call.arguments[0]}
