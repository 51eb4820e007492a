"""Closures for the operations of the language: each takes a frame and returns a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from agentgym.environments.json_math.pseudocode.tokens import fail
from agentgym.environments.json_math.pseudocode.values import (
    MAX_BITS,
    SMALL,
    UNSET,
    Machine,
    as_key,
    described,
)

Frame: TypeAlias = list[Any]
Value: TypeAlias = Callable[[Frame], Any]


def constant(value: Any) -> Value:
    """Return a literal."""
    return lambda frame: value


def local(slot: int, name: str, line: int) -> Value:
    """Return what reads a variable of the frame."""

    def read(frame: Frame) -> Any:
        value = frame[slot]
        if value is UNSET:
            no_value(name, line)
        return value

    return read


def outer(slot: int, name: str, line: int, m: Machine) -> Value:
    """Return what reads a variable of the program from inside a function."""

    def read(frame: Frame) -> Any:
        value = m.variables[slot]
        if value is UNSET:
            no_value(name, line)
        return value

    return read


def no_value(name: str, line: int) -> None:
    """Raise the error of a name that was given no value."""
    advice = "; there is no infinity: take a number that is large enough" if name.lower().startswith("inf") else ""
    fail(line, f"{name} has no value here{advice}")


def added(left: Value, right: Value, m: Machine, line: int) -> Value:
    """Return a sum, or two lists or strings joined."""

    def run(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        if type(a) is int and type(b) is int:
            c = a + b
            return c if -SMALL < c < SMALL else m.large(c, line)
        if type(a) is type(b) and type(a) in (list, str):
            m.sized(len(a) + len(b), line)
            return a + b
        return refused("+", a, b, line)

    return run


def subtracted(left: Value, right: Value, m: Machine, line: int) -> Value:
    """Return a difference."""

    def run(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        if type(a) is int and type(b) is int:
            c = a - b
            return c if -SMALL < c < SMALL else m.large(c, line)
        return refused("-", a, b, line)

    return run


def multiplied(left: Value, right: Value, m: Machine, line: int) -> Value:
    """Return a product, or a list or string repeated."""

    def run(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        if type(a) is int and type(b) is int:
            c = a * b
            return c if -SMALL < c < SMALL else m.large(c, line)
        if type(b) in (list, str):
            a, b = b, a
        if type(a) in (list, str) and type(b) is int:
            m.sized(len(a) * max(b, 0), line)
            return a * b
        return refused("*", a, b, line)

    return run


def divided(left: Value, right: Value, m: Machine, line: int) -> Value:
    """Return a quotient that must be an integer."""

    def run(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        if type(a) is not int or type(b) is not int:
            refused("/", a, b, line)
        if b == 0:
            fail(line, f"{described(a)} / 0")
        if a % b:
            fail(line, f"{described(a)} / {described(b)} is no integer; write div for the quotient rounded down")
        return a // b

    return run


def quotient(left: Value, right: Value, m: Machine, line: int) -> Value:
    """Return a quotient rounded down."""

    def run(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        if type(a) is not int or type(b) is not int:
            refused("div", a, b, line)
        if b == 0:
            fail(line, f"{described(a)} div 0")
        return a // b

    return run


def rounded_up(left: Value, right: Value, m: Machine, line: int) -> Value:
    """Return a quotient rounded up."""
    negative = quotient(lambda frame: minus(left(frame), line), right, m, line)
    return lambda frame: -negative(frame)


def minus(value: Any, line: int) -> int:
    """Return minus an integer."""
    if type(value) is not int:
        fail(line, f"- {described(value)} has no value")
    return -value


def remainder(left: Value, right: Value, m: Machine, line: int) -> Value:
    """Return a remainder, which has the sign of the modulus."""

    def run(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        if type(a) is not int or type(b) is not int:
            refused("mod", a, b, line)
        if b == 0:
            fail(line, f"{described(a)} mod 0")
        return a % b

    return run


def raised(left: Value, right: Value, m: Machine, line: int) -> Value:
    """Return a power, refused before it could be too large."""

    def run(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        if type(a) is not int or type(b) is not int:
            refused("^", a, b, line)
        if b < 0:
            fail(line, f"{described(a)} ^ {described(b)}: an exponent is not negative")
        if abs(a) > 1 and b * (abs(a).bit_length() - 1) > MAX_BITS:
            fail(line, f"an integer of more than {MAX_BITS:,} bits; reduce each product with mod")
        return m.large(a**b if abs(a) > 1 else (a if b % 2 else a * a) if b else 1, line)

    return run


def refused(sign: str, left: Any, right: Any, line: int) -> Any:
    """Raise the error of an operation on values that it does not join."""
    fail(line, f"{described(left)} {sign} {described(right)} has no value")


JOINS: Mapping[str, Callable[[Value, Value, Machine, int], Value]] = {
    "+": added,
    "-": subtracted,
    "*": multiplied,
    "/": divided,
    "div": quotient,
    "mod": remainder,
    "^": raised,
}


def truth(value: Any, line: int) -> bool:
    """Return a condition, which is true or false and nothing else."""
    if value is True or value is False:
        return bool(value)
    fail(line, f"a condition is true or false, not {described(value)}; compare it, as in x != 0")


def both(left: Value, right: Value, line: int) -> Value:
    """Return whether both hold; the second is not looked at if the first does not."""
    return lambda frame: truth(left(frame), line) and truth(right(frame), line)


def either(left: Value, right: Value, line: int) -> Value:
    """Return whether one holds; the second is not looked at if the first does."""
    return lambda frame: truth(left(frame), line) or truth(right(frame), line)


def compared(sign: str, m: Machine, line: int) -> Callable[[Any, Any], bool]:
    """Return a comparison of two values."""

    def equal(a: Any, b: Any) -> bool:
        return bool(a == b) if type(a) is int and type(b) is int else m.equal(a, b, line)

    def ordered(a: Any, b: Any) -> Any:
        if type(a) is not type(b) or type(a) not in (int, str):
            refused(sign, a, b, line)
        return a

    comparisons: Mapping[str, Callable[[Any, Any], bool]] = {
        "=": equal,
        "!=": lambda a, b: not equal(a, b),
        "<": lambda a, b: a < b if type(a) is int and type(b) is int else ordered(a, b) < b,
        "<=": lambda a, b: a <= b if type(a) is int and type(b) is int else ordered(a, b) <= b,
        ">": lambda a, b: a > b if type(a) is int and type(b) is int else ordered(a, b) > b,
        ">=": lambda a, b: a >= b if type(a) is int and type(b) is int else ordered(a, b) >= b,
        "in": lambda a, b: m.contains(b, a, line),
        "not in": lambda a, b: not m.contains(b, a, line),
    }
    return comparisons[sign]


def element(base: Any, index: Any, line: int) -> Any:
    """Return one element of a list, a string or a map."""
    if type(base) is dict:
        key = as_key(index, line)
        if key not in base:
            fail(line, f"the map has no key {described(index)}")
        return base[key]
    check_index(base, index, line)
    return base[index]


def check_index(base: Any, index: Any, line: int) -> None:
    """Refuse what is no element of a list or string."""
    if type(base) not in (list, str):
        fail(line, f"{described(base)} has no elements")
    if type(index) is not int:
        fail(line, f"an index is an integer, not {described(index)}")
    if not 0 <= index < len(base):
        fail(line, f"index {described(index)} of {described(base)}; the first index is 0")


def store(base: Any, index: Any, value: Any, line: int) -> None:
    """Give one element of a list or a map a value."""
    if type(base) is dict:
        base[as_key(index, line)] = value
        return
    check_index(base, index, line)
    if type(base) is str:
        fail(line, "a string cannot be changed; use a list")
    base[index] = value


def part(base: Value, first: Value, end: Value | None, m: Machine, line: int) -> Value:
    """Return what takes the elements from `first` to before `end`; both are cut to the list's ends."""

    def run(frame: Frame) -> Any:
        whole, start = base(frame), first(frame)
        if type(whole) not in (list, str):
            fail(line, f"{described(whole)} has no elements")
        stop = len(whole) if end is None else end(frame)
        if type(start) is not int or type(stop) is not int or start < 0 or stop < 0:
            fail(line, f"[{described(start)}:{described(stop)}] takes integers from 0")
        m.sized(max(0, min(stop, len(whole)) - start), line)
        return whole[start:stop]

    return run
