"""What holds of `intervals`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_the_same_points_are_covered(call: Call, answer: Answer, ask: Ask) -> None:
    """A point, or one half way between two, is in the answer if it is in the intervals."""
    (intervals,) = call.arguments
    for twice in range(-30, 90):
        before = any(2 * start <= twice <= 2 * end for start, end in intervals)
        assert before == any(2 * start <= twice <= 2 * end for start, end in answer["returned"])


def property_intervals_ascend_and_stay_apart(call: Call, answer: Answer, ask: Ask) -> None:
    """Each interval ends before the next one begins."""
    ends = [end for pair in answer["returned"] for end in pair]
    assert ends == sorted(ends)
    assert all(end < start for end, start in zip(ends[1::2], ends[2::2], strict=False))


def property_order_does_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """Reversed intervals, and those already merged, are merged to the same ones."""
    (intervals,) = call.arguments
    assert ask(call._replace(arguments=[intervals[::-1]])) == answer
    assert ask(call._replace(arguments=[answer["returned"]])) == answer
