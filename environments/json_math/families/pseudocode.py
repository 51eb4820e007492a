"""Programs in pseudocode: read at level 1, written above, with results that each need the one before."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from agentgym.environments.json_math.families.algorithms import Algorithm, Inputs, Pick
from agentgym.environments.json_math.families.algorithms_on_circles import ON_CIRCLES
from agentgym.environments.json_math.families.algorithms_on_integers import ON_INTEGERS
from agentgym.environments.json_math.families.algorithms_on_lists import ON_LISTS
from agentgym.environments.json_math.families.algorithms_on_pairs import ON_PAIRS
from agentgym.environments.json_math.families.short_programs import SHORT_PROGRAMS
from agentgym.environments.json_math.problem import Part, Problem, integer, program
from agentgym.environments.json_math.pseudocode import KEYWORDS, padding
from agentgym.task import canonical_json

ALGORITHMS: Mapping[str, Callable[[Pick], Algorithm]] = {**ON_INTEGERS, **ON_CIRCLES, **ON_LISTS, **ON_PAIRS}
CASES = 20
MORE_CASES = 3
ANYWHERE = 2
RESULTS = {2: 1, 3: 2, 4: 2, 5: 3}
SIZE = {2: 1, 3: 2, 4: 3, 5: 5}
ORDINALS = ("first", "second", "third")
LINE_CHARACTERS = 70
NAME_CHARACTERS = 7
SPARE_LINES = 6


def draw(rng: random.Random, level: int, *, held_out: bool) -> Problem:
    """Draw a problem; one parameter of each algorithm has a range that is held out."""
    pick = Pick(rng, held_out=held_out)
    if level == 1:
        short = rng.choice(SHORT_PROGRAMS)(pick)
        statement = (
            "What does this program return? A loop from a to b runs for b, too; div rounds down, mod is the remainder; "
            f"the first index of a list is 0.\n\n{short.text}"
        )
        return Problem(statement, [integer("answer", "what it returns", short.result)])
    algorithm, judged_on = _algorithm(rng, pick)
    results = _results(rng, algorithm, level)
    statement = f"A program is to return\n{algorithm.task}."
    written = program(
        "program",
        "the program, in the pseudocode described below",
        algorithm.programs[0],
        cases=judged_on,
        constraints=constraints(algorithm, level),
    )
    if level < 4:
        return Problem(statement, [written, *results])
    keys = [result.key for result in results]
    golds = [result.gold for result in results if isinstance(result.gold, int)]
    total = integer("total", " + ".join(keys), sum(golds))
    return Problem(statement, [written, *results, total], {"total": [[key] for key in keys]})


def _algorithm(rng: random.Random, pick: Pick) -> tuple[Algorithm, Sequence[Mapping[str, JsonValue]]]:
    """Draw an algorithm and cases that need every line of each of its programs."""
    while True:
        algorithm = ALGORITHMS[rng.choice(list(ALGORITHMS))](pick)
        drawn = cases(rng, algorithm)
        if not any(padding(text, drawn) for text in algorithm.programs):
            return algorithm, drawn


def cases(rng: random.Random, algorithm: Algorithm) -> Sequence[Mapping[str, JsonValue]]:
    """Return inputs, those at the ends of their ranges first, with what a right program returns for them."""
    inputs = [*algorithm.corners, *(algorithm.anywhere(rng) for _ in range(ANYWHERE))]
    count = max(CASES, len(inputs) + MORE_CASES)
    while len(inputs) < count:
        inputs.append(algorithm.draw(rng, 1 + len(inputs) % 3))
    return [{"inputs": cast("JsonValue", each), "output": algorithm.solve(**each)} for each in inputs]


def constraints(algorithm: Algorithm, level: int) -> Sequence[Mapping[str, JsonValue]]:
    """Return how a program must be written: at level 2 in few lines, from level 4 in exactly as many as gold has."""
    lines = algorithm.programs[0].count("\n") + 1
    count: dict[str, JsonValue] = {"exactly": lines} if level >= 4 else {"at_most": lines + SPARE_LINES}
    rules: list[Mapping[str, JsonValue]] = [{"kind": "lines", **count}]
    if level >= 3:
        rules.append({"kind": "line_characters", "at_most": LINE_CHARACTERS})
        long: list[JsonValue] = [word for word in KEYWORDS if len(word) > NAME_CHARACTERS]
        rules.append({"kind": "names", "at_most": NAME_CHARACTERS, "keywords": long})
    return rules


def _results(rng: random.Random, algorithm: Algorithm, level: int) -> list[Part]:
    """Return results on given inputs; one input of each after the first follows from the result before."""
    inputs: Inputs = algorithm.draw(rng, SIZE[level])
    name, low, width = algorithm.scalar, algorithm.low, algorithm.high - algorithm.low + 1
    parts = [integer(ORDINALS[0], f"what it returns for {_shown(inputs)}", algorithm.solve(**inputs))]
    for key, before in zip(ORDINALS[1 : RESULTS[level]], ORDINALS, strict=False):
        previous = parts[-1].gold
        assert isinstance(previous, int)
        inputs = {**inputs, name: low + previous % width}
        rest = " and all else as above" if len(inputs) > 1 else ""
        ask = f"what it returns for {name} = {low} + ({before} mod {width}){rest}, where mod is never negative"
        parts.append(integer(key, ask, algorithm.solve(**inputs)))
    return parts


def _shown(inputs: Inputs) -> str:
    return ", ".join(f"{name} = {canonical_json(value)}" for name, value in inputs.items())
