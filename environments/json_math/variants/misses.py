"""Rules that give an expression another value by a small slip, as a careless author would."""

from __future__ import annotations

import random
from collections.abc import Mapping

from agentgym.environments.json_math.language.tree import Apply, Binary, Constant, Expression, Negative, Sum, Variable
from agentgym.environments.json_math.variants.trees import (
    Rule,
    add,
    changed_somewhere,
    literal,
    minus,
    number,
    over,
    power,
    shifted,
    substituted,
    times,
)

N = Variable("n")
TRIES = 20


def missed(tree: Expression, rng: random.Random, *, in_n: bool) -> tuple[Expression, str] | None:
    """Return a tree after one random slip, and the slip's name; None if none was found to make.

    Args:
        tree: a right one.
        rng: the only source of chance.
        in_n: whether it may depend on n.
    """
    names = NAMES if in_n else tuple(name for name in NAMES if name not in IN_N)
    for _ in range(TRIES):
        name = rng.choice(names)
        rule = RULES[name]
        new = rule(tree, rng) if name in WHOLE else changed_somewhere(tree, rule, rng)
        if new is not None:
            return new, name
    return None


def off_by_one(tree: Expression, rng: random.Random) -> Expression | None:
    """Change a number by one."""
    value = literal(tree)
    return None if value is None else number(value + rng.choice([-1, 1]))


def neighbour(tree: Expression, rng: random.Random) -> Expression | None:
    """Take n + 1 or n - 1 for one n."""
    return shifted(tree, rng.choice([-1, 1])) if tree == N else None


def index(tree: Expression, rng: random.Random) -> Expression | None:
    """Shift what a function is taken of: H(n) for H(n + 1)."""
    match tree:
        case Apply(function, (first, *others)):
            return Apply(function, (shifted(first, rng.choice([-1, 1])), *others))
        case Sum(body, name, first, last):
            ends = [(shifted(first, 1), last), (first, shifted(last, 1)), (first, shifted(last, -1))]
            return Sum(body, name, *rng.choice(ends))
    return None


def order(tree: Expression, rng: random.Random) -> Expression | None:
    """Change a function's second argument."""
    match tree:
        case Apply("harmonic", (m,)):
            return Apply("harmonic", (m, number(2)))
        case Apply(function, (first, second)):
            return Apply(function, (first, shifted(second, rng.choice([-1, 1]))))
    return None


def exponent(tree: Expression, rng: random.Random) -> Expression | None:
    """Change an exponent by one."""
    match tree:
        case Binary("^", base, above):
            return power(base, shifted(above, rng.choice([-1, 1])))
    return None


def sign(tree: Expression, rng: random.Random) -> Expression | None:
    """Change a sign."""
    match tree:
        case Binary("+", left, right):
            return minus(left, right)
        case Binary("-", left, right):
            return rng.choice([add(left, right), minus(right, left)])
        case Negative(operand):
            return operand
    return None


def dropped(tree: Expression, rng: random.Random) -> Expression | None:
    """Leave out a term or a factor."""
    match tree:
        case Binary("+" | "-" | "*", left, right):
            return rng.choice([left, right])
        case Binary("/" | "^", left, _):
            return left
        case Apply("factorial", (argument,)):
            return argument
    return None


def operator(tree: Expression, rng: random.Random) -> Expression | None:
    """Take one operation for another."""
    match tree:
        case Binary("+", left, right):
            return times(left, right)
        case Binary("*", left, right):
            return rng.choice([add(left, right), over(left, right)])
        case Binary("/", left, right):
            return rng.choice([times(left, right), over(right, left)])
    return None


def constant(tree: Expression, rng: random.Random) -> Expression | None:
    """Take one constant or function for another."""
    match tree:
        case Constant(name):
            return Constant("gamma" if name == "pi" else "pi")
        case Apply("ln", (argument,)):
            return argument
        case Apply("psi", (argument,)):
            return Apply("harmonic", (argument,))
        case Apply("harmonic", (argument,)):
            return Apply("psi", (argument,))
        case Apply("floor", (argument,)):
            return Apply("ceil", (argument,))
    return None


def negated(tree: Expression, rng: random.Random) -> Expression | None:
    """Change the sign of it all."""
    return Negative(tree)


def later(tree: Expression, rng: random.Random) -> Expression | None:
    """Take S(n + 1) for S(n)."""
    return substituted(tree, "n", add(N, number(1)))


def scaled(tree: Expression, rng: random.Random) -> Expression | None:
    """Be off by a factor."""
    return rng.choice(
        [times(number(2), tree), over(tree, number(2)), times(tree, over(number(1_000_001), number(1_000_000)))]
    )


def tail(tree: Expression, rng: random.Random) -> Expression | None:
    """Add what is too small to be seen in a rounded number."""
    return rng.choice([add, minus])(tree, over(number(1), power(number(10), number(rng.randint(6, 18)))))


def vanishing(tree: Expression, rng: random.Random) -> Expression | None:
    """Add what vanishes soon."""
    return add(tree, over(number(1), Apply("factorial", (add(N, number(rng.randint(1, 9))),))))


def one_point(tree: Expression, rng: random.Random) -> Expression | None:
    """Be wrong at a single early n only."""
    gap = minus(N, number(rng.randint(2, 5)))
    return add(tree, power(number(0), power(gap, number(2))))


def through_points(tree: Expression, rng: random.Random) -> Expression | None:
    """Be right at the first few n, where a product of their distances vanishes."""
    bump: Expression = N
    for root in range(1, rng.randint(2, 4)):
        bump = times(bump, minus(N, number(root)))
    return add(tree, bump)


RULES: Mapping[str, Rule] = {
    "off by one": off_by_one,
    "neighbouring n": neighbour,
    "neighbouring index": index,
    "other order": order,
    "other exponent": exponent,
    "sign": sign,
    "dropped term": dropped,
    "other operator": operator,
    "other constant": constant,
    "negated": negated,
    "S(n + 1)": later,
    "scaled": scaled,
    "small tail": tail,
    "vanishing tail": vanishing,
    "one point": one_point,
    "first points only": through_points,
}
# What is done to the whole expression rather than somewhere in it, and what needs an n.
WHOLE = frozenset({"negated", "S(n + 1)", "scaled", "small tail", "vanishing tail", "one point", "first points only"})
IN_N = frozenset({"neighbouring n", "S(n + 1)", "vanishing tail", "one point", "first points only"})
NAMES = tuple(RULES)
