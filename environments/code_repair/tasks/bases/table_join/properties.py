"""What holds of `table_join`."""

from typing import Any

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def belong(call: Call, left: list[Any], right: list[Any]) -> bool:
    """Tell whether two rows belong together."""
    first, second, on = call.arguments[:3]
    for one, other in on:
        cells = left[first["columns"].index(one)], right[second["columns"].index(other)]
        if None in cells or isinstance(cells[0], str) != isinstance(cells[1], str):
            return False
        if (str(cells[0]).strip().lower()) != str(cells[1]).strip().lower():
            return False
    return True


def property_as_many_rows_as_belong_together(call: Call, answer: Answer, ask: Ask) -> None:
    """There is a row for each pair that belongs together, and one for each row without partner that is kept."""
    if "returned" in answer:
        left, right = (table["rows"] for table in call.arguments[:2])
        how = [*call.arguments, "inner"][3]
        pairs = [[belong(call, one, other) for other in right] for one in left]
        alone = sum(not any(row) for row in pairs)
        alone_right = sum(not any(row[position] for row in pairs) for position in range(len(right)))
        count = {"semi": len(left) - alone, "anti": alone}.get(how, sum(map(sum, pairs)))
        count += alone * (how in ("left", "outer")) + alone_right * (how in ("right", "outer"))
        assert len(answer["returned"]["rows"]) == count


def property_joined_rows_come_from_the_tables(call: Call, answer: Answer, ask: Ask) -> None:
    """An inner join has the rows of nested loops, cell by cell."""
    if "returned" in answer and [*call.arguments, "inner"][3] == "inner":
        left, right, on = call.arguments[:3]
        keys = {pair[1] for pair in on}
        assert answer["returned"]["rows"] == [
            one + [cell for cell, name in zip(other, right["columns"], strict=True) if name not in keys]
            for one in left["rows"]
            for other in right["rows"]
            if belong(call, one, other)
        ]


def property_columns_have_their_names(call: Call, answer: Answer, ask: Ask) -> None:
    """Names differ, those of the left table come first, and without their suffixes they are the tables' own."""
    if "returned" in answer:
        left, right, on = call.arguments[:3]
        names, keys = answer["returned"]["columns"], {pair[1] for pair in on}
        rest = [] if call.arguments[-1] in ("semi", "anti") else [x for x in right["columns"] if x not in keys]
        assert len(set(names)) == len(names) == len(left["columns"]) + len(rest)
        for name, own in zip(names, left["columns"] + rest, strict=True):
            assert name in (own, f"{own}_left", f"{own}_right")
        assert all(len(row) == len(names) for row in answer["returned"]["rows"])


def property_semi_and_anti_share_the_left_rows(call: Call, answer: Answer, ask: Ask) -> None:
    """Each row of the left table is in the semi join or in the anti join."""
    if "returned" in answer:
        semi, anti = (ask(call._replace(arguments=[*call.arguments[:3], how])) for how in ("semi", "anti"))
        rows = list(call.arguments[0]["rows"])
        for row in semi["returned"]["rows"] + anti["returned"]["rows"]:
            rows.remove(row)
        assert rows == []


def property_an_outer_join_has_all_rows(call: Call, answer: Answer, ask: Ask) -> None:
    """The outer join is the left join and behind it what only the right join has."""
    if "returned" in answer and call.arguments[-1] == "outer":
        left, right, inner = (
            ask(call._replace(arguments=[*call.arguments[:3], how]))["returned"]["rows"]
            for how in ("left", "right", "inner")
        )
        assert answer["returned"]["rows"] == left + right[len(inner) :]
