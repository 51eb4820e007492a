"""Right answers in other writings and wrong ones by a slip, made at random from a task's gold.

They show what the verifier is claimed to do: it accepts all that `right` makes and refuses all that `wrong` makes. What
an expression comes to is decided here by arithmetic with fifty digits, which shares nothing with the verifier's own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

from pydantic import JsonValue

from agentgym.environments.json_math.language import Expression, parse
from agentgym.environments.json_math.language.parser import MAX_CHARACTERS
from agentgym.environments.json_math.variants import (
    decimals,
    documents,
    linear,
    misses,
    printer,
    programs,
    rewriting,
    texts,
    trees,
    values,
)
from agentgym.task import Task

MAX_BRACKETS = 8
TRIES = 60
POINTS = range(7)
DOCUMENT = "document"


class Variant(NamedTuple):
    """A document and how it came about.

    Attributes:
        text: the document.
        how: what was done to gold, in a few words.
        kind: the check of the part that was changed, or `document` where only the writing of the document was.
    """

    text: str
    how: str
    kind: str


class Skipped(ValueError):
    """Chance has made nothing of use; draw again."""


def right(task: Task, rng: random.Random) -> Variant:
    """Return a document that must be accepted: gold in another writing."""
    return _drawn(_right, task, rng)


def wrong(task: Task, rng: random.Random) -> Variant:
    """Return a document that must be refused: gold but for one slip in a value or in the writing."""
    return _drawn(_wrong, task, rng)


def _drawn(draw: Callable[[Task, random.Random], Variant], task: Task, rng: random.Random) -> Variant:
    for _ in range(TRIES):
        try:
            return draw(task, rng)
        except Skipped:
            continue
    raise RuntimeError(f"{task.id}: {TRIES} draws gave nothing of use")


def _right(task: Task, rng: random.Random) -> Variant:
    secret = cast("Mapping[str, Any]", task.secret)
    gold = dict(secret["gold"])
    key = rng.choice(list(gold))
    check = secret["checks"][key]
    rewrite = RIGHT.get(check["kind"])
    if rewrite is None or rng.random() < 0.1:
        return Variant(documents.written(gold, rng), DOCUMENT, DOCUMENT if rewrite else check["kind"])
    gold[key], how = rewrite(gold[key], check, rng)
    return Variant(documents.written(gold, rng), how, check["kind"])


def _wrong(task: Task, rng: random.Random) -> Variant:
    secret = cast("Mapping[str, Any]", task.secret)
    gold = dict(secret["gold"])
    if rng.random() < 0.25:
        how = rng.choice(list(documents.BREAKS))
        return Variant(_broken(gold, how, rng), how, DOCUMENT)
    key = rng.choice(list(gold))
    check = secret["checks"][key]
    value, how = WRONG[check["kind"]](gold[key], check, rng)
    if not isinstance(value, values.Raw):
        return Variant(documents.written(gold | {key: value}, rng), how, check["kind"])
    members = ", ".join(f"{json.dumps(k)}: {value if k == key else json.dumps(v)}" for k, v in gold.items())
    return Variant(f"{{{members}}}", how, check["kind"])


def _broken(gold: Mapping[str, JsonValue], how: str, rng: random.Random) -> str:
    """Return a text that is no document of the schema; what the break left whole by chance is drawn again."""
    text = documents.BREAKS[how](gold, documents.written(gold, rng), rng)
    if text == json.dumps(gold):
        raise Skipped(how)
    return text


Changed = tuple[JsonValue, str]
Change = Callable[[Any, Mapping[str, Any], random.Random], Changed]


def _points(check: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(check.get("first_n", 0) + n for n in POINTS)


@lru_cache(maxsize=512)
def _tree(text: str, in_n: bool, sums: bool) -> Expression:
    return parse(text, variables=["n"] if in_n else [], sums=sums)


def _gold_tree(gold: str, check: Mapping[str, Any]) -> Expression:
    return _tree(gold, _in_n(check), bool(check.get("sums")))


def _in_n(check: Mapping[str, Any]) -> bool:
    return bool(check["kind"] == "closed_form")


def _rewritten(gold: str, check: Mapping[str, Any], rng: random.Random) -> Changed:
    """Return gold's tree after some equivalent steps, in a random style."""
    tree = _gold_tree(gold, check)
    new, used = rewriting.rewritten(tree, rng, rng.randint(0, 5), sums=bool(check.get("sums")))
    points = _points(check)
    if new != tree and not decimals.agree(decimals.values(new, points), decimals.values(tree, points)):
        raise Skipped("not defined everywhere")
    text, style = _printed(new, rng)
    return text, ", ".join(sorted({*used, style}))


def _missed(gold: str, check: Mapping[str, Any], rng: random.Random) -> Changed:
    """Return gold's tree after a slip and perhaps some equivalent steps, in a random style; or gold garnished."""
    if rng.random() < 0.25:
        return _garnished(gold, check, rng)
    tree = _gold_tree(gold, check)
    slip = misses.missed(tree, rng, in_n=_in_n(check))
    if slip is None:
        raise Skipped("nothing to miss")
    new, _ = rewriting.rewritten(slip[0], rng, rng.choice([0, 0, 1, 2]), sums=bool(check.get("sums")))
    points = _points(check)
    if not decimals.differ(decimals.values(new, points), decimals.values(tree, points)):
        raise Skipped("the same after all")
    return _printed(new, rng)[0], slip[1]


def _printed(tree: Expression, rng: random.Random) -> tuple[str, str]:
    if trees.clashes(tree):
        raise Skipped("two sums with one index")
    style = printer.random_style(rng)
    text = printer.write(tree, style, rng)
    if len(text) > MAX_CHARACTERS or _brackets(text) > MAX_BRACKETS:
        raise Skipped("too long")
    return text, "LaTeX" if style.latex else "infix"


def _brackets(text: str) -> int:
    """Return how deep a text's brackets are nested."""
    depth = deepest = 0
    for character in text:
        depth += (character in "({") - (character in ")}")
        deepest = max(deepest, depth)
    return deepest


def _garnished(gold: str, check: Mapping[str, Any], rng: random.Random) -> Changed:
    """Return gold with what an expression must not have, or something else that is none."""
    value = decimals.values(_gold_tree(gold, check), _points(check)[1:2])[0]
    forms: list[Changed] = [
        (f"{gold} or {gold} + 1", "alternatives"),
        (f"{gold}, {gold} + 1", "alternatives"),
        (f"{gold} = {gold}", "equation"),
        (f"S(n) = {gold}", "equation"),
        (rf"\boxed{{{gold}}}", "box"),
        (f"{gold}...", "dots"),
        (f"{gold} if n < 30 else 0", "condition"),
        (f"({gold}", "bracket lost"),
        (f"{gold})", "bracket too many"),
        (f"about {gold}", "text around"),
        (f"{gold} + x", "another variable"),
        (f"{gold} + sum(1/k, k, 1, 1000) - H(1000)" if not check.get("sums") else f"{gold} + x", "free sum"),
        (f"{gold} + 0*9^9^9^9^9", "bomb"),
        (f"{gold} + 0*factorial(factorial(99))", "bomb"),
        (f"eval('{gold}')", "code"),
        (0.5, "number"),
        ([gold], "list of one"),
        ("", "empty"),
        (None, "null"),
    ]
    if value is not None and value != round(value, 9):
        forms += [(f"{float(value):.9f}", "rounded")] * (1 if _in_n(check) else 6)
    return rng.choice(forms)


def _fraction(gold: JsonValue, check: Mapping[str, Any], rng: random.Random) -> Changed:
    return values.missed(gold, rng, fractions=True)


def _other_solution(gold: list[int], check: Mapping[str, Any], rng: random.Random) -> Changed:
    return list(linear.another(gold, check, rng)), "another solution"


def _no_solution(gold: list[JsonValue], check: Mapping[str, Any], rng: random.Random) -> Changed:
    found = linear.missed(gold, check, rng)
    if found is None:
        raise Skipped("a solution after all")
    return found


def _broken_text(gold: str, check: Mapping[str, Any], rng: random.Random) -> Changed:
    found = texts.missed(gold, check, rng)
    if found is None:
        raise Skipped("no such text")
    return found


def _other_program(gold: str, check: Mapping[str, Any], rng: random.Random) -> Changed:
    return programs.another(gold, check, rng)


def _broken_program(gold: str, check: Mapping[str, Any], rng: random.Random) -> Changed:
    return programs.missed(gold, check, rng)


def _plain(gold: JsonValue, check: Mapping[str, Any], rng: random.Random) -> Changed:
    return values.missed(gold, rng)


# How gold of a kind of check is rewritten; kinds that are not named have one right value only.
RIGHT: Mapping[str, Change] = {
    "closed_form": _rewritten,
    "constant": _rewritten,
    "solution": _other_solution,
    "program": _other_program,
}
WRONG: Mapping[str, Change] = {
    "equal": _plain,
    "fraction": _fraction,
    "closed_form": _missed,
    "constant": _missed,
    "solution": _no_solution,
    "text": _broken_text,
    "program": _broken_program,
    "count_of": _plain,
    "sum_of": _plain,
}
