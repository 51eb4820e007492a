"""What holds of `data_pipeline`."""

from typing import Any

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_steps_follow_one_another(call: Call, answer: Answer, ask: Ask) -> None:
    """The last step makes of the rows before it what the whole pipeline makes."""
    if "returned" in answer:
        rows, steps = call.arguments
        before = ask(call._replace(arguments=[rows, steps[:-1]]))["returned"]
        assert ask(call._replace(arguments=[before, steps[-1:]])) == answer


def last_step(call: Call, answer: Answer, ask: Ask, name: str) -> tuple[list[Any], list[Any], list[Any]] | None:
    """Return the rows before and after the last step, and the step, if it has this name."""
    if "raised" in answer or call.arguments[1][-1][0] != name:
        return None
    rows, steps = call.arguments
    return ask(call._replace(arguments=[rows, steps[:-1]]))["returned"], answer["returned"], steps[-1]


def property_sorted_rows_are_the_same_rows(call: Call, answer: Answer, ask: Ask) -> None:
    """Sorting loses nothing, puts neighbours in order, and equal rows stay in theirs."""
    if found := last_step(call, answer, ask, "sort"):
        before, after, (_, column, *direction) = found
        values = [row.get(column) for row in after]
        present = [value for value in values if value is not None]
        assert values == present + [None] * (len(values) - len(present))
        in_order = sorted(present, key=lambda value: (isinstance(value, str), value))
        assert present == (in_order[::-1] if direction == ["down"] else in_order)
        for value in values:
            assert [row for row in after if row.get(column) == value] == [
                row for row in before if row.get(column) == value
            ]


def property_groups_add_up(call: Call, answer: Answer, ask: Ask) -> None:
    """Keys are those of the rows, each once, and sums and counts of groups are those of all rows together."""
    if found := last_step(call, answer, ask, "group"):
        before, after, (_, key, name, column) = found
        assert [row[key] for row in after] == list(dict.fromkeys(row.get(key) for row in before))
        combined = [row[f"{name}_{column}"] for row in after]
        values = [row[column] for row in before if row.get(column) is not None]
        numbers = [value for value in values if not isinstance(value, str)]
        if name == "count":
            assert sum(combined) == len(values)
        if name == "sum":
            assert sum(combined) == sum(numbers)
        if name in ("min", "max"):
            decide = min if name == "min" else max
            assert decide((value for value in combined if value is not None), default=None) == decide(
                numbers, default=None
            )


def property_opposite_conditions_share_the_rows(call: Call, answer: Answer, ask: Ask) -> None:
    """A row meets a condition or its opposite, never both; neither only if there is nothing to compare."""
    opposites = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
    if found := last_step(call, answer, ask, "where"):
        before, after, (name, column, symbol, value) = found
        other = ask(call._replace(arguments=[before, [[name, column, opposites[symbol], value]]]))["returned"]
        comparable = [
            row
            for row in before
            if symbol in ("==", "!=")
            or (None not in (row.get(column), value) and isinstance(row[column], str) == isinstance(value, str))
        ]
        assert len(after) + len(other) == len(comparable)
        assert all(row in comparable for row in [*after, *other])
        if symbol in ("<", ">"):
            assert all(row[column] < value if symbol == "<" else row[column] > value for row in after)


def property_wrong_steps_are_wrong_without_rows(call: Call, answer: Answer, ask: Ask) -> None:
    """Steps are refused, or not, whatever rows there are."""
    ran = ask(call._replace(arguments=[[], call.arguments[1]]))
    assert answer.get("raised") == ran.get("raised")
    assert ran.get("raised", "PipelineError") == "PipelineError"
