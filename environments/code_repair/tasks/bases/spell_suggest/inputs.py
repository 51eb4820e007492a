"""Random calls for `spell_suggest`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

KNOWN: tuple[str, ...] = (
    "the",
    "then",
    "ten",
    "tan",
    "a",
    "at",
    "cat",
    "coat",
    "cart",
    "act",
    "house",
    "horse",
    "mouse",
    "don't",
    "her",
)
KNOWN += ("planet", "plant", "plane", "net", "is", "island", "land", "he", "re", "here", "The")


def misspelt(rng: random.Random) -> str:
    """Return a known word, two of them, or one with one or two mistakes, in any case."""
    word = rng.choice(KNOWN) + (rng.choice(KNOWN) if rng.random() < 0.15 else "")
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        place = rng.randrange(len(word) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            word = word[:place] + rng.choice("aeths") + word[place:]
        elif kind == 1:
            word = word[:place] + word[place + 1 :] or "a"
        elif kind == 2:
            word = word[:place] + rng.choice("aeiotn") + word[place + 1 :]
        else:
            word = word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
    return rng.choice([word, word, word, word.upper(), word.capitalize()])


def random_call(rng: random.Random) -> Call:
    """Return a call of one of the three functions with up to ten known words."""
    kind = rng.random()
    if kind < 0.2:
        return Call("distance.distance", [misspelt(rng).lower(), rng.choice([misspelt(rng).lower(), "", "tea", "aet"])])
    known = {word: rng.choice([1, 2, 2, 3, 9]) for word in rng.sample(KNOWN, rng.randint(0, 10))}
    if kind < 0.65:
        return Call("spell_suggest.suggest", [misspelt(rng), known, *rng.choice([[], [], [1], [2], [9], [9], [0]])])
    words = [misspelt(rng) + rng.choice([" ", " ", ", ", "-", "' ", "2"]) for _ in range(rng.randint(0, 4))]
    text = "".join([*words, *rng.choices(words or [""], k=2)])
    keep = [[misspelt(rng) for _ in range(2)] + [word.strip(" ,-'2") for word in words[:1]]]
    return Call("spell_suggest.correct", [text, known, *(keep if rng.random() < 0.4 else [])])
