"""The functions of the language. Each gets the machine, the line it stands in, and its arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from agentgym.environments.json_math.pseudocode.tokens import fail
from agentgym.environments.json_math.pseudocode.values import SMALL, Machine, as_key, described, from_key

MANY = 99


class Function(NamedTuple):
    """A function of the language.

    Attributes:
        least: how many arguments it takes at least.
        most: and at most.
        run: what it does.
        acts: it changes its first argument, so that it may stand alone as a statement.
    """

    least: int
    most: int
    run: Callable[..., Any]
    acts: bool = False


def refuse(line: int, function: str, wanted: str, value: Any) -> NoReturn:
    """Raise the error of a function that got another kind of value."""
    fail(line, f"{function} takes {wanted}, not {described(value)}")


def integer(value: Any, line: int, function: str) -> int:
    """Return an argument that must be an integer."""
    if type(value) is not int:
        refuse(line, function, "an integer", value)
    return int(value)


def listed(value: Any, line: int, function: str) -> list[Any]:
    """Return an argument that must be a list."""
    if type(value) is not list:
        refuse(line, function, "a list", value)
    items: list[Any] = value
    return items


def _length(m: Machine, line: int, value: Any) -> int:
    if type(value) not in (list, str, dict):
        refuse(line, "len", "a list, string or map", value)
    return len(value)


def _absolute(m: Machine, line: int, value: Any) -> int:
    return abs(integer(value, line, "abs"))


def _root(m: Machine, line: int, value: Any) -> int:
    if integer(value, line, "sqrt") < 0:
        refuse(line, "sqrt", "an integer from 0", value)
    return math.isqrt(value)


def _whole(m: Machine, line: int, value: Any) -> int:
    return integer(value, line, "floor")


def _extreme(name: str, choose: Callable[..., Any]) -> Callable[..., Any]:
    def run(m: Machine, line: int, *arguments: Any) -> Any:
        values = listed(arguments[0], line, name) if len(arguments) == 1 else list(arguments)
        if not values:
            fail(line, f"{name} of an empty list")
        m.spend(len(values), line)
        kinds = set(map(type, values))
        if kinds != {int} and kinds != {str}:
            check_order(m, values, line, name)
        return choose(values)

    return run


def check_order(m: Machine, values: list[Any], line: int, name: str) -> None:
    """Refuse values that have no order: only integers, only strings, or only flat lists of integers have one."""
    kinds = set(map(type, values))
    if kinds <= {int} or kinds <= {str}:
        return
    if kinds == {list}:
        m.spend(sum(map(len, values)), line)
        if all(type(item) is int for value in values for item in value):
            return
    fail(line, f"{name} takes only integers, only strings, or only lists of integers")


def _common(name: str, join: Callable[[int, int], int]) -> Callable[..., Any]:
    def run(m: Machine, line: int, left: Any, right: Any) -> int:
        value = join(integer(left, line, name), integer(right, line, name))
        if left >= SMALL or right >= SMALL:
            m.spend((left.bit_length() + right.bit_length()) >> 2, line)
        return m.large(value, line)

    return run


def _total(m: Machine, line: int, value: Any) -> int:
    items = listed(value, line, "sum")
    m.spend(len(items), line)
    result = 0
    for item in items:
        result += integer(item, line, "sum of a list")
        if not -SMALL < result < SMALL:
            m.large(result, line)
    return result


def _ordered(m: Machine, line: int, value: Any) -> list[Any]:
    items = listed(value, line, "sort")
    m.sized(len(items), line)
    m.spend(len(items) * len(items).bit_length(), line)
    check_order(m, items, line, "sort")
    return sorted(items)


def _backwards(m: Machine, line: int, value: Any) -> Any:
    if type(value) is str:
        m.sized(len(value), line)
        return value[::-1]
    items = listed(value, line, "reverse")
    m.sized(len(items), line)
    return items[::-1]


def _sort_in_place(m: Machine, line: int, value: Any) -> list[Any]:
    items = listed(value, line, "sort")
    items[:] = _ordered(m, line, items)
    return items


def _reverse_in_place(m: Machine, line: int, value: Any) -> list[Any]:
    items = listed(value, line, "reverse")
    items[:] = _backwards(m, line, items)
    return items


def _append(m: Machine, line: int, value: Any, item: Any) -> list[Any]:
    items = listed(value, line, "append")
    m.sized(len(items) + 1 if len(items) & 255 == 255 else 1, line)
    items.append(item)
    return items


def _pop(m: Machine, line: int, value: Any, place: Any = None) -> Any:
    items = listed(value, line, "pop")
    at = len(items) - 1 if place is None else integer(place, line, "pop")
    if not 0 <= at < len(items):
        fail(line, f"pop of element {at} of a list of length {len(items)}")
    m.spend((len(items) - at) >> 4, line)
    return items.pop(at)


def _insert(m: Machine, line: int, value: Any, place: Any, item: Any) -> list[Any]:
    items = listed(value, line, "insert")
    at = integer(place, line, "insert")
    if not 0 <= at <= len(items):
        fail(line, f"insert at {at} into a list of length {len(items)}")
    m.sized(len(items) + 1, line)
    items.insert(at, item)
    return items


def _remove(m: Machine, line: int, value: Any, item: Any) -> Any:
    if type(value) is dict:
        if as_key(item, line) not in value:
            fail(line, f"remove: the map has no key {described(item)}")
        del value[as_key(item, line)]
        return value
    items = listed(value, line, "remove")
    m.spend(len(items), line)
    for at, other in enumerate(items):
        if m.equal(other, item, line):
            del items[at]
            return items
    fail(line, f"remove: the list has no element {described(item)}")


def _get(m: Machine, line: int, value: Any, key: Any, default: Any = None) -> Any:
    if type(value) is not dict:
        refuse(line, "get", "a map", value)
    return value.get(as_key(key, line), default)


def _keys(m: Machine, line: int, value: Any) -> list[Any]:
    if type(value) is not dict:
        refuse(line, "keys", "a map", value)
    m.sized(len(value), line)
    return [from_key(key) for key in value]


def _copy(m: Machine, line: int, value: Any) -> Any:
    if type(value) is dict:
        m.sized(len(value), line)
        return dict(value)
    items = listed(value, line, "copy")
    m.sized(len(items), line)
    return items[:]


def _written(m: Machine, line: int, value: Any) -> str:
    digits = str(integer(value, line, "str")) if type(value) is not str else value
    m.sized(2 * len(digits), line)
    return digits


def _number(m: Machine, line: int, value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is not str or not (value.isascii() and value.removeprefix("-").isdigit()) or len(value) > 1_000:
        refuse(line, "int", "a string of digits", value)
    m.spend(len(value), line)
    return m.large(int(value), line)


def _count(m: Machine, line: int, value: Any, item: Any) -> int:
    if type(value) is str and type(item) is str and len(item) == 1:
        m.spend(len(value), line)
        return value.count(item)
    items = listed(value, line, "count")
    m.spend(len(items), line)
    return sum(m.equal(other, item, line) for other in items)


def _span(m: Machine, line: int, *bounds: Any) -> list[int]:
    first, *rest = [integer(bound, line, "range") for bound in bounds]
    if len(rest) == 2 and rest[1] == 0:
        fail(line, "range with step 0")
    numbers = range(first, *rest) if rest else range(first)
    if max(abs(numbers.start), abs(numbers.stop), abs(numbers.step)) >= SMALL:
        fail(line, "range of integers that are too large")
    m.sized(len(numbers), line)
    return list(numbers)


FUNCTIONS: Mapping[str, Function] = {
    "len": Function(1, 1, _length),
    "abs": Function(1, 1, _absolute),
    "sqrt": Function(1, 1, _root),
    "floor": Function(1, 1, _whole),
    "ceil": Function(1, 1, _whole),
    "min": Function(1, MANY, _extreme("min", min)),
    "max": Function(1, MANY, _extreme("max", max)),
    "gcd": Function(2, 2, _common("gcd", math.gcd)),
    "lcm": Function(2, 2, _common("lcm", math.lcm)),
    "sum": Function(1, 1, _total),
    "sorted": Function(1, 1, _ordered),
    "reversed": Function(1, 1, _backwards),
    "sort": Function(1, 1, _sort_in_place, acts=True),
    "reverse": Function(1, 1, _reverse_in_place, acts=True),
    "append": Function(2, 2, _append, acts=True),
    "pop": Function(1, 2, _pop, acts=True),
    "insert": Function(3, 3, _insert, acts=True),
    "remove": Function(2, 2, _remove, acts=True),
    "get": Function(2, 3, _get),
    "keys": Function(1, 1, _keys),
    "copy": Function(1, 1, _copy),
    "str": Function(1, 1, _written),
    "int": Function(1, 1, _number),
    "count": Function(2, 2, _count),
    "range": Function(1, 3, _span),
}
# Other names of the same functions.
ALIASES = {
    "length": "len",
    "size": "len",
    "isqrt": "sqrt",
    "push": "append",
    "add": "append",
    "ceiling": "ceil",
}
# As values these make a new list; as statements they change the one they are given.
AS_VALUE = {"sort": "sorted", "reverse": "reversed"}
