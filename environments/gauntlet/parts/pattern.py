"""Part E: a pattern puzzle on run lengths with one answer, whichever of the rules that fit its examples one takes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isqrt

from pydantic import JsonValue

from agentgym.environments.json_math.families.runs import HELD_OUT_RULES, RULES, rewrite
from agentgym.environments.json_math.problem import Part, Problem, integers

ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
MAX_RUN = 16

# What f may be: the rules of json-math's puzzles and three more, each of which agrees with some of them for small c.
HYPOTHESES: Mapping[str, Callable[[int], int]] = {
    **RULES,
    "floor(sqrt(c))": isqrt,
    "floor(c/3)": lambda c: c // 3,
    "d(c) - 1": lambda c: sum(c % divisor == 0 for divisor in range(1, c + 1)) - 1,
}
# What siblings are drawn from: without what `gauntlet-v1` and json-math's evaluation keep for themselves.
DRAWN_RULES = tuple(name for name in HYPOTHESES if name not in (*HELD_OUT_RULES, "floor(log2(c))"))

STATEMENT = """\
A run is a longest stretch of equal characters. Every run of c characters becomes f(c) copies of its character, with the
same f for all runs. f is one of: {rules}; here d(c) is the number of divisors of c. These are examples:
{examples}
More than one of the rules may fit them all; those that do agree on this string: {query}"""


@dataclass(frozen=True)
class Puzzle:
    """A pattern puzzle.

    Attributes:
        rule: the rule that its examples are drawn from.
        examples: strings whose rewriting is shown.
        query: the string whose rewriting is asked for.
        decoy: a rule that does not fit the first example.
    """

    rule: str
    examples: tuple[str, ...]
    query: str
    decoy: str

    def fitting(self) -> list[str]:
        """Return the rules that turn every example into what is shown."""
        return [
            name for name in HYPOTHESES if all(apply(name, text) == apply(self.rule, text) for text in self.examples)
        ]

    def answers(self) -> set[str]:
        """Return what the query becomes, under every rule that fits the examples."""
        return {apply(name, self.query) for name in self.fitting()}

    def problem(self, rng: random.Random) -> Problem:
        """Return the problem; nothing in it is drawn."""
        shown = "\n".join(f"{text} -> {apply(self.rule, text)}" for text in self.examples)
        statement = STATEMENT.format(rules="; ".join(HYPOTHESES), examples=shown, query=self.query)
        lengths = [len(list(run)) for _, run in groupby(self.query)]
        refuted = f"what the first example would become if f(c) were {self.decoy}, which does not fit it"
        return Problem(
            statement,
            [
                _characters("result", "what the string becomes", apply(self.rule, self.query)),
                integers("run_lengths", "the lengths of the runs of the string, in order", lengths, is_reason=True),
                _rules("fitting", "all rules that fit the examples, in the order above", self.fitting()),
                _characters("refuted", refuted, apply(self.decoy, self.examples[0]), is_reason=True),
            ],
        )


def apply(rule: str, text: str) -> str:
    """Return what a string becomes under a rule."""
    return rewrite(text, lambda character, c: HYPOTHESES[rule](c))


def _characters(key: str, ask: str, gold: str, *, is_reason: bool = False) -> Part:
    schema: dict[str, JsonValue] = {"type": "string", "pattern": "^[0-9A-Z]*$", "maxLength": 500}
    return Part(key, ask, schema, gold, is_reason=is_reason)


def _rules(key: str, ask: str, gold: Sequence[str]) -> Part:
    schema: dict[str, JsonValue] = {"type": "array", "items": {"type": "string", "enum": list(HYPOTHESES)}}
    return Part(key, ask, schema, list(gold), is_reason=True)


V1 = Puzzle(
    rule="floor(log2(c))",
    examples=("11118888888855", "79999775555", "AAABBUUUUD"),
    query="CCCCCCCC1100007QQQ555555555544",
    decoy="floor(c/2)",
)


def draw(rng: random.Random, *, small: bool) -> Puzzle:
    """Draw a puzzle whose examples leave only one answer, and that is not empty."""
    while True:
        rule, decoy = rng.choice(DRAWN_RULES), rng.choice(list(HYPOTHESES))
        examples = tuple(_string(rng, small=small) for _ in range(2 if small else 3))
        drawn = Puzzle(rule, examples, _string(rng, small=small), decoy)
        if (
            apply(rule, drawn.query)
            and len(drawn.answers()) == 1
            and apply(decoy, examples[0]) != apply(rule, examples[0])
        ):
            return drawn


def _string(rng: random.Random, *, small: bool) -> str:
    text = ""
    for _ in range(rng.randint(2, 3) if small else rng.randint(4, 8)):
        character = rng.choice([letter for letter in ALPHABET if not text.endswith(letter)])
        text += character * rng.randint(1, 6 if small else MAX_RUN)
    return text
