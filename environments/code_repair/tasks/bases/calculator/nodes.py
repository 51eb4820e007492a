"""Parts of expressions, and how strongly operators bind."""

from dataclasses import dataclass

PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4}
NEGATION_PRECEDENCE = 3
RIGHT_ASSOCIATIVE = frozenset({"^"})


class Node:
    """Any part of an expression."""


@dataclass(frozen=True)
class Number(Node):
    """A number as it was written."""

    text: str


@dataclass(frozen=True)
class Name(Node):
    """The value of a variable."""

    name: str


@dataclass(frozen=True)
class Negation(Node):
    """A minus sign in front of something."""

    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """Two operands with an operator between them."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Application(Node):
    """A function of some arguments."""

    function: str
    arguments: tuple[Node, ...]
