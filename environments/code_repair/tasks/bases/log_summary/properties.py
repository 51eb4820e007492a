"""What holds of `log_summary`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_numbers_add_up(call: Call, answer: Answer, ask: Ask) -> None:
    """Each entry is in one level, and each that is bad enough in one hour and one message."""
    if call.function.endswith("summarize") and "returned" in answer:
        text, level, top = [*call.arguments, "WARNING", 3][:3]
        summary = ask(call._replace(arguments=[text, level, 99]))["returned"]
        names = ["DEBUG", "INFO", "WARNING", "ERROR"]
        bad = sum(summary["levels"].get(name, 0) for name in names[names.index(level) :])
        assert sum(summary["hours"].values()) == bad
        assert sum(int(message.split()[0]) for message in summary["messages"]) == bad
        assert answer["returned"]["messages"] == summary["messages"][:top]


def property_frequent_messages_come_first(call: Call, answer: Answer, ask: Ask) -> None:
    """Counts of messages descend, and among equal counts the levels do."""
    if call.function.endswith("summarize") and "returned" in answer:
        names = ["DEBUG", "INFO", "WARNING", "ERROR"]
        words = [message.split() for message in answer["returned"]["messages"]]
        ranks = [(int(count), names.index(level)) for count, level, *_ in words]
        assert ranks == sorted(ranks, reverse=True)


def property_a_wrong_line_is_only_wrong(call: Call, answer: Answer, ask: Ask) -> None:
    """A line of garbage at the end is one more wrong line and nothing else."""
    if call.function.endswith("summarize") and "returned" in answer:
        text, *rest = call.arguments
        summary = answer["returned"]
        expected = {**summary, "wrong": [*summary["wrong"], text.count("\n") + 2]}
        assert ask(call._replace(arguments=[text + "\ngarbage", *rest])) == {"returned": expected}


def property_bursts_are_runs(call: Call, answer: Answer, ask: Ask) -> None:
    """Bursts hold what happens between their ends, and nothing happens near them outside."""
    if call.function.endswith("find_bursts"):
        seconds, gap, fewest = call.arguments
        for first, last, count in answer["returned"]:
            assert count == sum(first <= second <= last for second in seconds) >= fewest
            assert all(second < first - gap or second > last + gap or first <= second <= last for second in seconds)


def property_shapes_have_no_details(call: Call, answer: Answer, ask: Ask) -> None:
    """The shape of a shape is the same."""
    if call.function.endswith("shape_of"):
        assert ask(call._replace(arguments=[answer["returned"]])) == answer
