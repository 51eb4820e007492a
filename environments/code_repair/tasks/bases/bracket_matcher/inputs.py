"""Random calls for `bracket_matcher`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

PAIRS = ("()", "[]", "{}")
PLAIN = ("", "a", "b c", "\\", "'(\"'", '"]"', "'\\'['", '"\\\\"', "''")


def random_text(rng: random.Random, depth: int) -> str:
    """Return a balanced text."""
    text = ""
    for _ in range(rng.randint(0, 3)):
        if depth > 0 and rng.random() < 0.6:
            pair = rng.choice(PAIRS)
            text += pair[0] + random_text(rng, depth - 1) + pair[1]
        else:
            text += rng.choice(PLAIN)
    return text


def random_call(rng: random.Random) -> Call:
    """Return a call with a text that may lack a character, or have one too many."""
    text = random_text(rng, 3)
    name = rng.choice(["match_brackets", "match_brackets", "first_fault"])
    if rng.random() < (0.7 if name == "first_fault" else 0.2):
        place = rng.randint(0, len(text))
        text = text[:place] + rng.choice(["", "(", "]", "}", "'", '"', "\\"]) + text[place + rng.randint(0, 1) :]
    return Call(f"bracket_matcher.{name}", [text])
