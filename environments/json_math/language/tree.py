"""The tree of an expression."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True)
class Number:
    """A literal, exact even if written with a decimal point."""

    value: Fraction


@dataclass(frozen=True)
class Variable:
    """A name whose value is given when the expression is evaluated."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A number that has no exact writing in digits."""

    name: Literal["pi", "gamma"]


@dataclass(frozen=True)
class Negative:
    """Minus something."""

    operand: Expression


@dataclass(frozen=True)
class Binary:
    """Two operands and what joins them."""

    operator: Literal["+", "-", "*", "/", "^"]
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Apply:
    """A function of `functions.FUNCTIONS`, by its name there."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Sum:
    """The sum of `body` over the integers `index` from `first` to `last`."""

    body: Expression
    index: str
    first: Expression
    last: Expression


Expression = Number | Variable | Constant | Negative | Binary | Apply | Sum
