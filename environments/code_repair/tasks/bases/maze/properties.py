"""What holds of `maze`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

STEPS = ((1, 0), (0, -1), (0, 1), (-1, 0))


def least_cost(rows: list[str]) -> int | None:
    """Return the cost of the cheapest way, found by improving costs until nothing changes."""
    cells = {(row, column): mark for row, text in enumerate(rows) for column, mark in enumerate(text) if mark != "#"}
    start = next(cell for cell, mark in cells.items() if mark == "S")
    costs = {(start, frozenset[str]()): 0}
    changed = [(start, frozenset[str]())]
    while changed:
        (row, column), keys = changed.pop()
        for rows_on, columns_on in STEPS:
            cell = (row + rows_on, column + columns_on)
            mark = cells.get(cell)
            if mark is None or (mark in "ABC" and mark.lower() not in keys):
                continue
            cost = costs[(row, column), keys] + (3 if mark == "~" else 1)
            state = (cell, keys | {mark} if mark in "abc" else keys)
            if cost < costs.get(state, cost + 1):
                costs[state] = cost
                changed.append(state)
    return min((cost for (cell, _), cost in costs.items() if cells[cell] == "G"), default=None)


def property_the_way_is_the_cheapest(call: Call, answer: Answer, ask: Ask) -> None:
    """The cost is that of the cheapest way, and there is none only if there is none."""
    if call.function == "maze.solve" and "returned" in answer:
        found = answer["returned"]
        assert (found and found["cost"]) == least_cost(call.arguments[0])


def property_the_way_can_be_walked(call: Call, answer: Answer, ask: Ask) -> None:
    """Walking the way costs what was said, finds the keys that were said and is never blocked."""
    if call.function == "maze.solve" and answer.get("returned"):
        found = answer["returned"]
        walked = ask(Call("maze.walk", [call.arguments[0], found["moves"]]))["returned"]
        assert walked["cost"] == found["cost"]
        assert walked["keys"] == found["keys"]
        assert walked["blocked"] == 0


def property_only_floor_and_water_are_marked(call: Call, answer: Answer, ask: Ask) -> None:
    """A trace differs from its maze only by marks, and there are no more of them than moves made."""
    if call.function == "maze.walk" and "returned" in answer:
        walked = answer["returned"]
        pairs = list(zip("".join(call.arguments[0]), "".join(walked["trace"]), strict=True))
        assert all(new == old or (new == "*" and old in ".~") for old, new in pairs)
        assert sum(3 if old == "~" else 1 for old, new in pairs if new == "*") <= walked["cost"]


def property_notations_are_turned_into_each_other(call: Call, answer: Answer, ask: Ask) -> None:
    """Shortened and lengthened again, moves are the same."""
    if call.function.startswith("moves.") and "returned" in answer:
        path = answer["returned"] if call.function == "moves.lengthen" else call.arguments[0]
        short = ask(Call("moves.shorten", [path]))["returned"]
        assert ask(Call("moves.lengthen", [short])) == {"returned": path}
        assert len(short.replace(" ", "")) <= len(path)
