"""Expression trees taken apart and put together again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from agentgym.environments.json_math.language.tree import Apply, Binary, Expression, Negative, Number, Sum, Variable

Path = tuple[int, ...]
# What a rule makes of a tree; None where it does not apply.
Rule = Callable[[Expression, random.Random], Expression | None]


def number(value: int | Fraction) -> Expression:
    """Return the tree of a number, with minus and slash as nodes of their own."""
    if value < 0:
        return Negative(number(-value))
    exact = Fraction(value)
    whole = Number(Fraction(exact.numerator))
    return whole if exact.denominator == 1 else Binary("/", whole, Number(Fraction(exact.denominator)))


ONE = number(1)


def add(left: Expression, right: Expression) -> Expression:
    """Return left + right."""
    return Binary("+", left, right)


def minus(left: Expression, right: Expression) -> Expression:
    """Return left - right."""
    return Binary("-", left, right)


def times(left: Expression, right: Expression) -> Expression:
    """Return left * right."""
    return Binary("*", left, right)


def over(left: Expression, right: Expression) -> Expression:
    """Return left / right."""
    return Binary("/", left, right)


def power(base: Expression, exponent: Expression) -> Expression:
    """Return base ^ exponent."""
    return Binary("^", base, exponent)


def literal(tree: Expression) -> int | None:
    """Return the value of an integer literal; None for everything else."""
    return tree.value.numerator if isinstance(tree, Number) and tree.value.denominator == 1 else None


def shifted(tree: Expression, by: int) -> Expression:
    """Return tree + by, joined with a literal that is added already: n + 1 becomes n + 2, or n."""
    match tree:
        case Number(value):
            return number(value + by)
        case Binary("+" | "-" as operator, left, Number(value)):
            value = (value if operator == "+" else -value) + by
        case _:
            left, value = tree, Fraction(by)
    return left if value == 0 else Binary("+" if value > 0 else "-", left, number(abs(value)))


def children(tree: Expression) -> tuple[Expression, ...]:
    """Return the trees that a tree is made of."""
    match tree:
        case Negative(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Apply(_, arguments):
            return arguments
        case Sum(body, _, first, last):
            return (body, first, last)
        case _:
            return ()


def with_children(tree: Expression, new: Sequence[Expression]) -> Expression:
    """Return a tree with other children."""
    match tree:
        case Negative():
            return Negative(new[0])
        case Binary(operator):
            return Binary(operator, new[0], new[1])
        case Apply():
            return replace(tree, arguments=tuple(new))
        case Sum():
            return replace(tree, body=new[0], first=new[1], last=new[2])
        case _:
            return tree


def paths(tree: Expression) -> Iterator[Path]:
    """Yield where each node is, the root first."""
    yield ()
    for place, child in enumerate(children(tree)):
        for path in paths(child):
            yield (place, *path)


def changed(tree: Expression, path: Path, rule: Callable[[Expression], Expression | None]) -> Expression | None:
    """Return a tree with the node at a path replaced by what a rule makes of it; None if it makes nothing."""
    if not path:
        return rule(tree)
    parts = list(children(tree))
    new = changed(parts[path[0]], path[1:], rule)
    if new is None:
        return None
    parts[path[0]] = new
    return with_children(tree, parts)


def changed_somewhere(tree: Expression, rule: Rule, rng: random.Random) -> Expression | None:
    """Return a tree after a rule was applied at a random node among those that it changes; None if it changes none."""
    places = list(paths(tree))
    for place in rng.sample(places, len(places)):
        new = changed(tree, place, lambda node: rule(node, rng))
        if new is not None and new != tree:
            return new
    return None


def clashes(tree: Expression, taken: frozenset[str] = frozenset()) -> bool:
    """Tell whether a sum has the index of a sum around it."""
    if isinstance(tree, Sum):
        inner = taken | {tree.index}
        return tree.index in taken or any(clashes(part, inner) for part in children(tree))
    return any(clashes(child, taken) for child in children(tree))


def substituted(tree: Expression, name: str, new: Expression) -> Expression:
    """Return a tree with a variable replaced everywhere."""
    if tree == Variable(name):
        return new
    return with_children(tree, [substituted(child, name, new) for child in children(tree)])


def proper_divisor(value: int, rng: random.Random) -> int | None:
    """Return a random divisor of a number that is neither 1 nor itself, below 100; None if it has none."""
    divisors = [d for d in range(2, min(value, 100)) if value % d == 0]
    return rng.choice(divisors) if divisors else None
