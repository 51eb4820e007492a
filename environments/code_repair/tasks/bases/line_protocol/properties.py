"""What holds of `line_protocol`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_compact_lines_are_compact(call: Call, answer: Answer, ask: Ask) -> None:
    """Compacting twice is compacting once."""
    if call.function.endswith("compact") and "returned" in answer:
        assert ask(call._replace(arguments=[answer["returned"]])) == answer


def property_compact_points_tell_the_same(call: Call, answer: Answer, ask: Ask) -> None:
    """Each field of each point has its last value after compacting, and no point is there twice."""
    if call.function.endswith("compact") and "returned" in answer:
        before = ask(Call("line_protocol.read_points", call.arguments))["returned"]
        after = ask(Call("line_protocol.read_points", [answer["returned"]]))["returned"]
        keys = [(point["name"], sorted(point["tags"].items()), point["time"]) for point in after]
        assert all(keys.count(key) == 1 for key in keys)
        expected: dict[str, object] = {}
        found: dict[str, object] = {}
        for points, values in ((before, expected), (after, found)):
            for point in points:
                for key, value in point["fields"].items():
                    values[repr((point["name"], sorted(point["tags"].items()), point["time"], key))] = value
        assert found == expected


def property_times_ascend(call: Call, answer: Answer, ask: Ask) -> None:
    """After compacting, points with a time come first, in its order."""
    if call.function.endswith("compact") and "returned" in answer:
        times = [point["time"] for point in ask(Call("line_protocol.read_points", [answer["returned"]]))["returned"]]
        known = [time for time in times if time is not None]
        assert times == sorted(known) + [None] * (len(times) - len(known))


def property_parts_joined_are_the_text(call: Call, answer: Answer, ask: Ask) -> None:
    """Nothing is lost when a text is split, and there are not too many parts."""
    if call.function.endswith("split_plain"):
        text, separator, at_most = call.arguments
        assert separator.join(answer["returned"]) == text
        assert at_most is None or len(answer["returned"]) <= at_most + 1


def property_points_come_from_lines(call: Call, answer: Answer, ask: Ask) -> None:
    """Comments between the lines change nothing."""
    if call.function.endswith("read_points"):
        assert ask(call._replace(arguments=[call.arguments[0].replace("\n", "\n# a=1\n\n")])) == answer
