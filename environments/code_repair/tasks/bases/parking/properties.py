"""What holds of `parking`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_staying_longer_never_costs_less(call: Call, answer: Answer, ask: Ask) -> None:
    """One minute more costs the same or up to an hour's price more, and an hour's price more only if an hour starts."""
    (minutes,) = call.arguments
    if "returned" in answer:
        more = ask(call._replace(arguments=[minutes + 1]))["returned"] - answer["returned"]
        assert 0 <= more <= 250
        assert not more or minutes % 60 == 0 or minutes == 30


def property_a_day_more_costs_a_day(call: Call, answer: Answer, ask: Ask) -> None:
    """A whole day more costs 1800 cents more, unless the shorter stay was free for being short."""
    (minutes,) = call.arguments
    if "returned" in answer:
        more = ask(call._replace(arguments=[minutes + 24 * 60]))["returned"] - answer["returned"]
        assert more == (1800 + 250 if 0 < minutes <= 30 else 1800)


def property_only_negative_time_is_refused(call: Call, answer: Answer, ask: Ask) -> None:
    """A short stay is free, a longer one is not, and a negative one is an error."""
    (minutes,) = call.arguments
    assert (answer == {"raised": "ValueError"}) == (minutes < 0)
    if "returned" in answer:
        assert (answer["returned"] == 0) == (minutes <= 30)
