"""Pattern puzzles: a rule on the lengths of runs, to be found among stated candidates and applied."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from agentgym.environments.json_math.problem import Part, Problem, choice, digits, integer

RULES: Mapping[str, Callable[[int], int]] = {
    "floor(c/2)": lambda c: c // 2,
    "ceil(c/2)": lambda c: (c + 1) // 2,
    "floor(log2(c))": lambda c: c.bit_length() - 1,
    "c - 1": lambda c: c - 1,
    "c + 1": lambda c: c + 1,
    "c mod 2": lambda c: c % 2,
    "min(c, 2)": lambda c: min(c, 2),
    "c mod 3": lambda c: c % 3,
    "min(c, 3)": lambda c: min(c, 3),
}
HELD_OUT_RULES = ("c mod 3", "min(c, 3)")
EXAMPLES = 3

# One rule for runs of even digits and one for runs of odd digits; most puzzles use the same for both.
Rules = tuple[str, str]


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; two of the rules are held out."""
    names = HELD_OUT_RULES if held_out else [name for name in RULES if name not in HELD_OUT_RULES]
    while True:
        even = rng.choice(names)
        rules = (even, rng.choice(names) if level == 5 else even)
        examples = [_string(rng, level) for _ in range(EXAMPLES)]
        query = _string(rng, level)
        if _apply(rules, query) and (level == 1 or _is_only_choice(rules, examples, split=level == 5)):
            return Problem(_statement(rules, examples, query, level), _parts(rules, query, level))


def _statement(rules: Rules, examples: Sequence[str], query: str, level: int) -> str:
    opening = "A run is a longest stretch of equal digits. Every run of c digits becomes f(c) copies of its digit."
    if level == 1:
        return f"{opening}\nHere f(c) = {rules[0]}. The string is {query}."
    which = "the same f for all runs" if level < 5 else "one f for runs of even digits, one for runs of odd digits"
    shown = "\n".join(f"{text} -> {_apply(rules, text) or '(empty)'}" for text in examples)
    candidates = f"f is one of: {'; '.join(RULES)} ({which}). Find it from these examples."
    return f"{opening}\n{candidates}\n{shown}\nThe string is {query}."


def _parts(rules: Rules, query: str, level: int) -> list[Part]:
    result = _apply(rules, query)
    parts = [digits("result", "what the string becomes", result)]
    if level == 5:
        parts.append(choice("rule_even", "f for runs of even digits", list(RULES), rules[0], is_reason=True))
        parts.append(choice("rule_odd", "f for runs of odd digits", list(RULES), rules[1], is_reason=True))
    elif level > 2:
        parts.append(choice("rule", "f", list(RULES), rules[0], is_reason=True))
    if level > 3:
        parts.append(integer("length", "the number of digits of the result", len(result)))
        parts.append(integer("digit_sum", "the sum of the digits of the result", sum(map(int, result))))
    return parts


def _string(rng: random.Random, level: int) -> str:
    text = ""
    for _ in range(3 + level // 2):
        digit = rng.choice([d for d in "0123456789" if not text.endswith(d)])
        text += digit * rng.randint(1, 9)
    return text


def rewrite(text: str, f: Callable[[str, int], int]) -> str:
    """Return a string whose every run, of c copies of a character, has become f(character, c) copies."""
    return "".join(character * f(character, len(list(run))) for character, run in groupby(text))


def _apply(rules: Rules, text: str) -> str:
    return rewrite(text, lambda digit, c: RULES[rules[int(digit) % 2]](c))


def _is_only_choice(rules: Rules, examples: Sequence[str], *, split: bool) -> bool:
    """Tell whether no other choice of rules turns every example into the same string."""
    candidates = [(even, odd) for even in RULES for odd in RULES if split or even == odd]
    fitting = [c for c in candidates if all(_apply(c, text) == _apply(rules, text) for text in examples)]
    return fitting == [rules]
