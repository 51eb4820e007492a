"""What holds of `query_language`."""

from typing import Any

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def answer_to(query: str, rows: list[dict[str, Any]], ask: Ask) -> list[dict[str, Any]]:
    """Return the answer to another query."""
    found: list[dict[str, Any]] = ask(Call("query_language.run_query", [query, rows]))["returned"]
    return found


def property_a_condition_and_its_opposite(call: Call, answer: Answer, ask: Ask) -> None:
    """Each row fulfils either a condition or its opposite."""
    query, rows = call.arguments
    if "returned" in answer and " where " in query:
        condition = query.split(" where ")[1].split(" order by ")[0].split(" limit ")[0]
        fitting = answer_to(f"select * where {condition}", rows, ask)
        others = answer_to(f"select * where not ({condition})", rows, ask)
        assert len(fitting) + len(others) == len(rows)
        assert all(row in fitting or row in others for row in rows)


def property_a_limit_cuts(call: Call, answer: Answer, ask: Ask) -> None:
    """Without its limit, a query has the same answer and perhaps more."""
    query, rows = call.arguments
    if "returned" in answer and " limit " in query:
        base, _, limit = query.rpartition(" limit ")
        assert answer["returned"] == answer_to(base, rows, ask)[: int(limit)]


def property_rows_are_in_order(call: Call, answer: Answer, ask: Ask) -> None:
    """Numbers ascend, then come texts, then what has no value."""
    if "returned" in answer:
        _, rows = call.arguments
        values: list[Any] = [row.get("a") for row in answer_to("select * order by a", rows, ask)]
        ranks = [2 if value is None else int(isinstance(value, str)) for value in values]
        assert ranks == sorted(ranks)
        for rank in (0, 1):
            same_kind = [value for value, other in zip(values, ranks, strict=True) if other == rank]
            assert same_kind == sorted(same_kind)


def property_a_condition_looks_at_single_rows(call: Call, answer: Answer, ask: Ask) -> None:
    """Without order, distinct and limit, the answers for the rows one by one are the answer."""
    query, rows = call.arguments
    if "returned" in answer and not any(word in query for word in (" order ", " limit ", "distinct")):
        assert answer["returned"] == [found for row in rows for found in answer_to(query, [row], ask)]
