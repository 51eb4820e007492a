"""The values of a running program, and the work that it may still do.

Every statement, operation and element handled is paid for out of a `Machine`; nothing here looks at a clock, so that a
program gets the same verdict on every machine.
"""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from agentgym.environments.json_math.pseudocode.tokens import fail

MAX_BITS = 4_096
MAX_LENGTH = 10_000
MAX_NESTING = 8
WORK = 200_000
# Integers below it are handled without looking at their size.
SMALL = 1 << 62


class Unset:
    """What a name stands for before it gets a value."""


UNSET = Unset()


class Machine:
    """The state of one run.

    Attributes:
        base: how many frames the program itself nests.
        left: units of work that may still be done.
        frames: how deep calls are nested, in frames of the interpreter.
        variables: the values of the program's own variables.
    """

    __slots__ = ("base", "frames", "left", "variables")

    def __init__(self) -> None:
        """Start with no work left."""
        self.base = 0
        self.left = 0
        self.frames = 0
        self.variables: list[Any] = []

    def spend(self, units: int, line: int) -> None:
        """Pay for work.

        Raises:
            PseudocodeError: there is not so much left.
        """
        self.left -= units
        if self.left < 0:
            out_of_work(line)

    def large(self, value: int, line: int) -> int:
        """Return an integer, paid for by its size."""
        bits = value.bit_length()
        if bits > MAX_BITS:
            fail(line, f"an integer of more than {MAX_BITS:,} bits; reduce it with mod")
        self.spend(bits >> 6, line)
        return value

    def sized(self, length: int, line: int) -> None:
        """Pay for a list or string of a length, before it is made."""
        if length > MAX_LENGTH:
            fail(line, f"a list or string of more than {MAX_LENGTH:,} elements")
        self.spend(length >> 1, line)

    def equal(self, left: Any, right: Any, line: int, depth: int = 0) -> bool:
        """Tell whether two values are the same, types included."""
        if type(left) is not type(right):
            return False
        if not isinstance(left, list | dict):
            return bool(left == right)
        if depth > MAX_NESTING:
            fail(line, f"lists nested deeper than {MAX_NESTING} are compared")
        if len(left) != len(right):
            return False
        self.spend(1 + len(left), line)
        if isinstance(left, list):
            return all(self.equal(x, y, line, depth + 1) for x, y in zip(left, right, strict=True))
        return all(key in right and self.equal(left[key], right[key], line, depth + 1) for key in left)

    def contains(self, container: Any, value: Any, line: int) -> bool:
        """Tell whether a value is an element of a list, a part of a string or a key of a map."""
        if type(container) is dict:
            return as_key(value, line) in container
        if type(container) is list:
            self.spend(len(container), line)
            if type(value) is int:
                return any(type(item) is int and item == value for item in container)
            return any(self.equal(item, value, line) for item in container)
        if type(container) is str and type(value) is str:
            self.spend(len(container), line)
            return value in container
        fail(line, f"in looks into a list, string or map, not into {described(container)}")


def out_of_work(line: int) -> None:
    """Stop a program that does not end in time."""
    fail(line, f"not done after {WORK:,} units of work: an endless loop, or too slow a method")


def as_key(value: Any, line: int) -> Any:
    """Return the key of a map that a value stands for: lists become tuples."""
    if type(value) is int or type(value) is str:
        return value
    if type(value) is list and len(value) <= MAX_NESTING and all(type(x) is int or type(x) is str for x in value):
        return tuple(value)
    fail(line, f"a key is an integer, a string or a list of few of them, not {described(value)}")


def from_key(key: Any) -> Any:
    """Return the value that a key of a map stands for."""
    return list(key) if type(key) is tuple else key


def described(value: Any) -> str:
    """Return a value as it is named in a message."""
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return str(value) if abs(value) < SMALL else "a large integer"
    if type(value) is str:
        return f"the string {value[:20]!r}"
    return f"a {'list' if type(value) is list else 'map'} of length {len(value)}"


def from_json(value: JsonValue) -> Any:
    """Return the value of an input; a copy, so that a program may change it.

    Raises:
        TypeError: the language has no such value; the case is at fault and not the program.
    """
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if isinstance(value, dict):
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, float):
        raise TypeError(f"the language has no number {value}")
    return value


def to_json(value: Any, machine: Machine, depth: int = 0) -> JsonValue:
    """Return a result as JSON.

    Raises:
        PseudocodeError: it is a map, nested too deep, or too large.
    """
    if type(value) is list:
        if depth > MAX_NESTING:
            fail(0, f"it returns lists nested deeper than {MAX_NESTING}")
        machine.spend(1 + len(value), 0)
        return [to_json(item, machine, depth + 1) for item in value]
    if type(value) is dict:
        fail(0, "it returns a map; return numbers, strings or lists")
    # The same large value may stand in a result many times, and is written out each time.
    machine.spend(len(value) >> 3 if type(value) is str else int(value or 0).bit_length() >> 4, 0)
    result: JsonValue = value
    return result
