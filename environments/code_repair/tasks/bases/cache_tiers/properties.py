"""What holds of `cache_tiers`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_answers_are_those_without_a_cache(call: Call, answer: Answer, ask: Ask) -> None:
    """A plain mapping answers the same."""
    if "returned" in answer:
        values = dict(call.arguments[1])
        answers = []
        for action, *words in map(str.split, call.arguments[0]):
            if action == "get":
                answers.append(values.get(words[0]))
            elif action == "put":
                values[words[0]] = int(words[1])
        assert answer["returned"]["answers"] == answers
        assert sum(answer["returned"]["counts"].values()) == len(answers)


def property_a_flush_saves_everything(call: Call, answer: Answer, ask: Ask) -> None:
    """After a flush at the end, the store has every value last written."""
    if "returned" in answer:
        commands, store, *sizes = call.arguments
        values = {words[1]: int(words[2]) for words in map(str.split, commands) if words[0] == "put"}
        flushed = ask(Call(call.function, [[*commands, "flush"], store, *sizes]))["returned"]
        assert flushed["store"] == {**store, **values}
        assert set(flushed["written"]) == set(values)


def property_no_tier_is_too_full(call: Call, answer: Answer, ask: Ask) -> None:
    """No key is in both tiers, neither is over its size, and the slow one is empty unless the fast one is full."""
    if "returned" in answer:
        fast, slow = ([*call.arguments[2:], 3] if len(call.arguments) == 3 else [*call.arguments[2:], 2, 3])[:2]
        result = answer["returned"]
        assert len(result["fast"]) <= fast
        assert len(result["slow"]) <= slow
        assert not set(result["fast"]) & set(result["slow"])
        assert len(result["fast"]) == fast or not result["slow"]
