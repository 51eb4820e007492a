"""What holds of `money`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_shares_add_up(call: Call, answer: Answer, ask: Ask) -> None:
    """Nothing is lost, and no share differs from another by more than 1."""
    cents, people = call.arguments
    if "returned" in answer:
        shares = answer["returned"]
        assert sum(shares) == cents
        assert len(shares) == people
        assert max(shares) - min(shares) <= 1
        assert shares == sorted(shares, reverse=True)


def property_one_cent_more_goes_to_one_person(call: Call, answer: Answer, ask: Ask) -> None:
    """With one cent more, exactly one share is one higher."""
    cents, people = call.arguments
    if "returned" in answer:
        more = ask(call._replace(arguments=[cents + 1, people]))["returned"]
        assert sorted(new - old for new, old in zip(more, answer["returned"], strict=True)) == [0] * (people - 1) + [1]
