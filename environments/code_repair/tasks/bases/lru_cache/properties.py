"""What holds of `lru_cache`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_the_key_that_goes_was_used_longest_ago(call: Call, answer: Answer, ask: Ask) -> None:
    """What each operation returns follows from when each key that is there was last used."""
    capacity, operations = call.arguments
    if "returned" in answer:
        values: dict[str, int] = {}
        used: dict[str, int] = {}
        for moment, (operation, result) in enumerate(zip(operations, answer["returned"], strict=True)):
            key = operation[1] if len(operation) > 1 else ""
            if operation[0] == "size":
                assert result == len(values)
            elif operation[0] == "get":
                assert result == values.get(key)
                if key in values:
                    used[key] = moment
            else:
                values[key], used[key] = operation[2], moment
                gone = sorted(values, key=lambda key: used[key])[: max(len(values) - capacity, 0)]
                assert result == (gone[0] if gone else None)
                for key in gone:
                    del values[key]


def property_a_cache_with_room_forgets_nothing(call: Call, answer: Answer, ask: Ask) -> None:
    """Where there is room for all keys, a key has the value it was given last."""
    _, operations = call.arguments
    results = ask(call._replace(arguments=[len(operations) + 1, operations]))["returned"]
    for place, (operation, result) in enumerate(zip(operations, results, strict=True)):
        before = {earlier[1]: earlier[2] for earlier in operations[:place] if earlier[0] == "put"}
        if operation[0] == "size":
            assert result == len(before)
        else:
            assert result == (before.get(operation[1]) if operation[0] == "get" else None)


def property_only_a_cache_without_room_is_refused(call: Call, answer: Answer, ask: Ask) -> None:
    """A capacity below 1 is an error, and nothing else is."""
    assert (answer == {"raised": "ValueError"}) == (call.arguments[0] < 1)
