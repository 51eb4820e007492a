"""What holds of `spell_suggest`."""

import re
from itertools import pairwise

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def cost(left: str, right: str) -> int:
    """Return the distance by a table from the front of both words."""
    rows = [[2 * (i + j) for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            a, b = left[i - 1], right[j - 1]
            change = 0 if a == b else 1 if a in "aeiouy" and b in "aeiouy" else 2
            rows[i][j] = min(rows[i - 1][j] + 2, rows[i][j - 1] + 2, rows[i - 1][j - 1] + change)
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 2)
    return rows[-1][-1]


def property_distances_are_the_least(call: Call, answer: Answer, ask: Ask) -> None:
    """The distance is the cheapest, and the same in both directions."""
    if call.function == "distance.distance":
        left, right = call.arguments
        assert answer["returned"] == cost(left, right)
        assert ask(call._replace(arguments=[right, left])) == answer


def property_similar_words_are_suggested(call: Call, answer: Answer, ask: Ask) -> None:
    """Just the known words near enough are suggested, the nearest first, and at most one pair of words behind them."""
    if call.function == "spell_suggest.suggest" and "returned" in answer:
        word, known = call.arguments[0].lower(), {each.lower() for each in call.arguments[1]}
        every = ask(call._replace(arguments=[*call.arguments[:2], 99]))["returned"]
        limit = [*call.arguments, 3][2]
        assert answer["returned"] == every[:limit]
        single = [each.lower() for each in every if " " not in each]
        if word in known:
            assert every == [call.arguments[0]] or [each.lower() for each in every] == [word]
        else:
            assert set(single) == {each for each in known if cost(word, each) <= (2 if len(word) <= 4 else 4)}
            assert all(cost(word, one) <= cost(word, other) for one, other in pairwise(single))
        pairs = [each.lower() for each in every if " " in each]
        assert len(single) + len(pairs) == len(every)
        possible = any(word[:place] in known and word[place:] in known for place in range(1, len(word)))
        assert len(pairs) == (possible and word not in known)
        assert all(set(pair.split()) <= known and pair.replace(" ", "") == word for pair in pairs)
        assert every[len(single) :] == every[len(every) - len(pairs) :]


def property_words_become_their_best_suggestions(call: Call, answer: Answer, ask: Ask) -> None:
    """Each word that is not kept became its best suggestion, and nothing else was changed."""
    if call.function == "spell_suggest.correct":
        text, known, keep = [*call.arguments, []][:3]
        kept = {word.lower() for word in keep}
        changed = 0
        pieces = re.split(r"([A-Za-z]+(?:'[A-Za-z]+)?)", text)
        for place in range(1, len(pieces), 2):
            found = ask(Call("spell_suggest.suggest", [pieces[place], known]))["returned"]
            if found and pieces[place].lower() not in kept | {each.lower() for each in known}:
                pieces[place] = found[0]
                changed += 1
        assert answer["returned"]["text"] == "".join(pieces)
        assert sum(answer["returned"]["changes"].values()) == changed
