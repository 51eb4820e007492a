"""Loops, compiled to closures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agentgym.environments.json_math.pseudocode import operations
from agentgym.environments.json_math.pseudocode.compile import Code, Expressions
from agentgym.environments.json_math.pseudocode.items import BREAK, CONTINUE, Run
from agentgym.environments.json_math.pseudocode.operations import Frame
from agentgym.environments.json_math.pseudocode.tokens import fail
from agentgym.environments.json_math.pseudocode.tree import Count, Each
from agentgym.environments.json_math.pseudocode.values import Machine, described, from_key, out_of_work

Write = Callable[[Frame, Any], None]


def repeat(test: Code, body: Run, m: Machine, line: int) -> Run:
    """Return a loop on a condition, which is paid for each time that it holds."""
    condition, cost, truth = test.run, test.cost + 1, operations.truth

    def run(frame: Frame) -> Any:
        while truth(condition(frame), line):
            m.left -= cost
            if m.left < 0:
                out_of_work(line)
            signal = body(frame)
            if signal is not None and signal is not CONTINUE:
                return None if signal is BREAK else signal
        return None

    return run


def count(statement: Count, body: Run, expressions: Expressions) -> Code:
    """Return a loop over integers; its bounds are taken once, and its variable keeps its last value."""
    line, m = statement.line, expressions.m
    slot = expressions.scope.slots[statement.name]
    first, last = expressions.code(statement.first, line), expressions.code(statement.last, line)
    step = None if statement.step is None else expressions.code(statement.step, line)
    down = statement.down
    start, end, stride = first.run, last.run, step.run if step else operations.constant(1)

    def run(frame: Frame) -> Any:
        for number in numbers(start(frame), end(frame), stride(frame), line, down=down):
            m.left -= 1
            if m.left < 0:
                out_of_work(line)
            frame[slot] = number
            signal = body(frame)
            if signal is not None and signal is not CONTINUE:
                return None if signal is BREAK else signal
        return None

    codes = [first, last, *([step] if step else [])]
    return Code(run, 1 + sum(code.cost for code in codes), max(code.height for code in codes))


def each(statement: Each, body: Run, writes: Sequence[Write], expressions: Expressions) -> Code:
    """Return a loop over the elements of a list, appended ones too, of a string, or over the keys that a map has."""
    line, m = statement.line, expressions.m
    source = expressions.code(statement.source, line)
    take, only = source.run, writes[0] if len(writes) == 1 else None

    def run(frame: Frame) -> Any:
        for element in elements(take(frame), m, line):
            m.left -= 1
            if m.left < 0:
                out_of_work(line)
            if only:
                only(frame, element)
            else:
                for write, part in zip(writes, several_values(element, len(writes), line), strict=True):
                    write(frame, part)
            signal = body(frame)
            if signal is not None and signal is not CONTINUE:
                return None if signal is BREAK else signal
        return None

    return Code(run, 1 + source.cost, source.height)


def several_values(value: Any, count: int, line: int) -> list[Any]:
    """Return the elements of a list for as many names."""
    if type(value) is not list or len(value) != count:
        fail(line, f"{count} names get {described(value)}")
    return list(value)


def numbers(first: Any, last: Any, step: Any, line: int, *, down: bool) -> range:
    """Return the integers of a loop, both ends included."""
    for bound in (first, last, step):
        if type(bound) is not int:
            fail(line, f"a loop runs over integers, not to or by {described(bound)}")
    if step == 0:
        fail(line, "a loop with step 0 does not end")
    if down:
        return range(first, last - 1, -abs(step))
    return range(first, last + 1, step) if step > 0 else range(first, last - 1, step)


def elements(value: Any, m: Machine, line: int) -> list[Any]:
    """Return the elements of a list or string, or the keys of a map; a list itself, so that a loop sees it grow."""
    if type(value) not in (list, str, dict):
        fail(line, f"for each runs over a list, string or map, not over {described(value)}")
    m.sized(len(value), line)
    if type(value) is list:
        return value
    return [from_key(key) for key in value] if type(value) is dict else list(value)
