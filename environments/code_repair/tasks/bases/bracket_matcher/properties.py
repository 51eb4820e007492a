"""What holds of `bracket_matcher`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_pairs_nest(call: Call, answer: Answer, ask: Ask) -> None:
    """Pairs are of one kind, in order, and no two of them cross."""
    if call.function.endswith("match_brackets") and "returned" in answer:
        (text,) = call.arguments
        pairs = answer["returned"]
        assert pairs == sorted(pairs)
        assert all(text[opening] + text[closing] in ("()", "[]", "{}") for opening, closing in pairs)
        assert not any(a < c < b < d for a, b in pairs for c, d in pairs)


def property_functions_agree_on_faults(call: Call, answer: Answer, ask: Ask) -> None:
    """There is a fault where the other function raises, and only there."""
    fault = ask(Call("bracket_matcher.first_fault", call.arguments))["returned"]
    pairs = ask(Call("bracket_matcher.match_brackets", call.arguments))
    assert (fault is None) == ("returned" in pairs)
    assert pairs.get("raised", "UnbalancedError") == "UnbalancedError"


def property_a_pair_around_moves_everything(call: Call, answer: Answer, ask: Ask) -> None:
    """Put into brackets, a balanced text has its pairs one further to the right."""
    (text,) = call.arguments
    inside = [f"[{text}]"]
    if "returned" in answer and call.function.endswith("match_brackets"):
        moved = [[opening + 1, closing + 1] for opening, closing in answer["returned"]]
        assert ask(call._replace(arguments=inside)) == {"returned": [[0, len(text) + 1], *moved]}
