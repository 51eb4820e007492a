"""What holds of `ranking`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_a_place_counts_the_higher_scores(call: Call, answer: Answer, ask: Ask) -> None:
    """Whoever has n better ones before them is in place n + 1."""
    (scores,) = call.arguments
    if call.function == "ranking.places":
        assert answer["returned"] == [1 + sum(other > score for other in scores) for score in scores]


def property_medals_go_to_positive_scores_in_front(call: Call, answer: Answer, ask: Ask) -> None:
    """Exactly the scores above 0 with fewer than three better ones win, each the medal of its place."""
    (scores,) = call.arguments
    if call.function == "ranking.medals":
        better = [sum(other > score for other in scores) for score in scores]
        names = ["gold", "silver", "bronze"]
        wins = [names[n] if n < 3 and score > 0 else "" for n, score in zip(better, scores, strict=True)]
        assert answer["returned"] == wins


def property_the_order_of_the_scores_does_not_matter(call: Call, answer: Answer, ask: Ask) -> None:
    """Backwards, every score gets what it got before."""
    backwards = ask(call._replace(arguments=[call.arguments[0][::-1]]))
    assert backwards["returned"] == answer["returned"][::-1]
