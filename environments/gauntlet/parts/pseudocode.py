"""Right programs for part C in pseudocode, of several numbers of lines, none of which does nothing."""

from __future__ import annotations

import random

from pydantic import JsonValue

from agentgym.environments.gauntlet.cpp.sequences import QUERY, UPDATE, History, Operation, by_definition, small
from agentgym.environments.json_math.constraints import constraint
from agentgym.environments.json_math.problem import Part, program
from agentgym.environments.json_math.pseudocode import KEYWORDS

CASES = 14
MAX_SIZE = 10
LARGEST = 12  # of a value, divided by the divisor
LINES = range(10, 15)

ASK = """\
a program in the pseudocode described below. Its inputs are a, the list of the values (so that its a[0] is a[1] above),
  and ops, the list of the operations: [1, l, r] for a query, [2, p, x] for an update. It returns the list of the
  answers to the queries, in order. There are 1 to {size} values, each from 1 to {largest}, also
  after updates, and at most {size} operations"""


def pseudocode_part(rng: random.Random, divisor: int, lines: int, line_characters: int, name_characters: int) -> Part:
    """Return the part that asks for pseudocode; `rng` draws its hidden inputs."""
    long: list[JsonValue] = [word for word in KEYWORDS if len(word) > name_characters]
    return program(
        "pseudocode",
        ASK.format(size=MAX_SIZE, largest=LARGEST * divisor),
        gold(divisor, lines),
        cases=[case(history, divisor) for history in histories(rng, divisor)],
        constraints=[
            constraint("lines", exactly=lines),
            constraint("line_characters", at_most=line_characters),
            constraint("names", at_most=name_characters, keywords=long),
        ],
    )


def histories(rng: random.Random, divisor: int) -> list[History]:
    """Draw inputs that are short enough to be interpreted many times."""
    # In this one every operation matters, whatever is drawn after it.
    operations = (Operation(QUERY, 1, 3), Operation(UPDATE, 1, 3 * divisor), Operation(QUERY, 1, 2))
    found = [History((2 * divisor, 4 * divisor, divisor), operations), *at_bounds(divisor)]
    while len(found) < CASES:
        history = small(rng, divisor, sizes=(1, 2, 5, MAX_SIZE), factors=(1, 3, LARGEST), most_operations=MAX_SIZE)
        found.append(history)
    return found


def at_bounds(divisor: int) -> list[History]:
    """Return inputs at the ends of what the task allows: one value, and as many and as large ones as may be."""
    largest = LARGEST * divisor
    values = [largest - divisor * (place % LARGEST) for place in reversed(range(MAX_SIZE))]
    ends = [(UPDATE, MAX_SIZE, 1), (QUERY, 1, MAX_SIZE), (UPDATE, 1, largest), (QUERY, MAX_SIZE, MAX_SIZE)]
    operations = [(QUERY, 1, MAX_SIZE), (QUERY, MAX_SIZE - 1, MAX_SIZE), (QUERY, 1, 1), *ends]
    operations += [(QUERY, 1, MAX_SIZE - 1), (UPDATE, MAX_SIZE, largest), (QUERY, 1, MAX_SIZE)]
    full = History(tuple(values), tuple(Operation(*operation) for operation in operations))
    same = History((largest,) * MAX_SIZE, (Operation(QUERY, 1, MAX_SIZE),) * MAX_SIZE)
    return [full, same, History((divisor,) * MAX_SIZE, same.operations), History((1,), (Operation(QUERY, 1, 1),))]


def case(history: History, divisor: int) -> dict[str, JsonValue]:
    """Return an input as the interpreter takes it, with what is right for it."""
    operations: list[JsonValue] = [list(operation) for operation in history.operations]
    answers: list[JsonValue] = [by_definition(window, divisor) for window in history.windows()]
    return {"inputs": {"a": list(history.values), "ops": operations}, "output": answers}


def gold(divisor: int, lines: int) -> str:
    """Return a right program of so many lines.

    Raises:
        ValueError: there is none of so many.
    """
    if lines not in LINES:
        raise ValueError(f"{lines} lines: there are programs of {LINES[0]} to {LINES[-1]}")
    extra = lines - LINES[0]
    test = f"if gcd(a[i], a[j]) == {divisor}:"
    first, last = ("left", "right") if extra == 4 else ("left" if extra == 3 else "op[1] - 1", "op[2] - 1")
    return "\n".join(
        [
            "out = []",
            "for each op in ops:",
            *(["  left = op[1] - 1"] if extra >= 3 else []),
            *(
                ["  if op[0] == 2:", "    a[op[1] - 1] = op[2]"]
                if extra >= 2
                else ["  if op[0] == 2: a[op[1] - 1] = op[2]"]
            ),
            "  else:",
            "    s = 0",
            *(["    right = op[2] - 1"] if extra == 4 else []),
            f"    for i = {first} to {last}:",
            f"      for j = i + 1 to {last}:",
            *([f"        {test}", "          s += 1"] if extra >= 1 else [f"        {test} s += 1"]),
            "    append s to out",
            "return out",
        ]
    )
