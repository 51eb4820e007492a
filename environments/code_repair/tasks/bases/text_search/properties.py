"""What holds of `text_search`."""

from typing import Any

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def all_hits(ask: Ask, documents: list[str], query: str) -> list[Any]:
    """Return the numbers of all documents that match, in order."""
    hits: list[Any] = ask(Call("text_search.search", [documents, query, 99]))["returned"]
    return sorted(hit["document"] for hit in hits)


def property_best_hits_come_first(call: Call, answer: Answer, ask: Ask) -> None:
    """Hits are different documents by falling score, then by number, and a limit cuts off the worst."""
    if call.function == "text_search.search" and "returned" in answer:
        documents, query, limit = [*call.arguments, 5][:3]
        order = [(-hit["score"], hit["document"]) for hit in answer["returned"]]
        assert order == sorted(set(order))
        every = ask(call._replace(arguments=[documents, query, 99]))["returned"]
        assert answer["returned"] == every[: max(limit, 0)]


def property_without_means_the_others(call: Call, answer: Answer, ask: Ask) -> None:
    """A query and its opposite together find each document once."""
    if call.function == "text_search.search" and "returned" in answer:
        documents, query = call.arguments[:2]
        both = all_hits(ask, documents, query) + all_hits(ask, documents, f"-({query})")
        assert sorted(both) == list(range(len(documents)))


def property_alternatives_and_conditions(call: Call, answer: Answer, ask: Ask) -> None:
    """With an alternative there are the hits of both, with a condition those in both."""
    if call.function == "text_search.search" and "returned" in answer:
        documents, query = call.arguments[:2]
        hits, others = set(all_hits(ask, documents, query)), set(all_hits(ask, documents, '"berry cat" OR dog'))
        assert set(all_hits(ask, documents, f'{query} OR "berry cat" OR dog')) == hits | others
        assert set(all_hits(ask, documents, f'({query}) ("berry cat" OR dog)')) == hits & others


def property_snippets_show_the_text(call: Call, answer: Answer, ask: Ask) -> None:
    """Without marks and gaps, a snippet is at most six words in a row; gaps are where words are missing."""
    if call.function == "text_search.snippet":
        words, marked = call.arguments
        shown = answer["returned"].split()
        bare = [word.strip("[]") for word in shown if word != "..."]
        assert len(bare) == min(len(words), 6)
        if bare:
            start = words.index(bare[0])
            assert words[start : start + len(bare)] == bare
            assert (shown[0] == "...") == (start > 0)
            assert (shown[-1] == "...") == (bare[-1] != words[-1])
            assert [f"[{word}]" in shown for word in bare] == [start + place in marked for place in range(len(bare))]


def property_stems_are_beginnings(call: Call, answer: Answer, ask: Ask) -> None:
    """A stem is not longer than its word, and apart from a y at its end the beginning of it, in lower case."""
    if call.function == "words.stem":
        word = call.arguments[0].lower()
        assert word.startswith(answer["returned"]) or (word[:-3] + "y" == answer["returned"] and word[-3:] == "ies")
