"""Random calls for `text_search`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

WORDS = (
    "cat",
    "Cats",
    "dog",
    "dogs",
    "play",
    "playing",
    "berry",
    "berries",
    "glass",
    "the",
    "bus",
    "ties",
    "sing",
    "carry",
)
WRONG = ("", "(", ")", "cat OR", "-", '""', '"cat', "OR dog", "cat & dog", "()", "(cat", "(cat OR dog", "cat*")


def random_text(rng: random.Random) -> str:
    """Return up to eleven words, some of them set apart by signs."""
    return "".join(
        rng.choice(WORDS) + rng.choice([" ", " ", " ", ", ", "-"])
        for _ in range(rng.choice([0, 1, 3, 6, 8, 9, 10, 11]))
    ).strip()


def random_part(rng: random.Random, depth: int) -> str:
    """Return a part of a query."""
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(WORDS[:9])
    if kind < 0.65:
        return '"' + " ".join(rng.choices(WORDS[:6], k=rng.choice([1, 2, 2, 3]))) + '"'
    if kind < 0.88 or depth == 0:
        return "-" + rng.choice(WORDS)
    return rng.choice(["", "-"]) + f"({random_query(rng, depth - 1)})"


def random_query(rng: random.Random, depth: int) -> str:
    """Return a query with brackets at most so deep."""
    parts = [random_part(rng, depth)]
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        parts += [*rng.choice([[], ["OR"], ["OR"]]), random_part(rng, depth)]
    return " ".join(parts)


def random_call(rng: random.Random) -> Call:
    """Return a call of the search, or of one of its parts; one query in fifteen is wrong."""
    kind = rng.random()
    if kind < 0.05:
        return Call("words.stem", [rng.choice(["", "x", "ab", "abc"]) + rng.choice(["", "ies", "ss", "s", "ing", "S"])])
    if kind < 0.15:
        words = list("abcdefghij"[: rng.randint(0, 10)])
        return Call("text_search.snippet", [words, [place for place in range(len(words)) if rng.random() < 0.2]])
    documents = [random_text(rng) for _ in range(rng.choice([0, 1, 3, 4, 5, 5]))]
    query = random_query(rng, 1) if rng.random() < 0.93 else random_part(rng, 0) + " " + rng.choice(WRONG)
    return Call("text_search.search", [documents, query, *rng.choice([[], [], [], [], [], [], [1], [2], [0], [-1]])])
