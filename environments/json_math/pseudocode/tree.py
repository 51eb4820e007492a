"""The tree of a program: what its text says, without spacing and alternative notations."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class PseudocodeError(ValueError):
    """The text is no program, or does what no program may."""


class Literal(NamedTuple):
    """A number, a string, true, false or null."""

    value: int | str | bool | None


class Name(NamedTuple):
    """The value of a variable."""

    name: str


class ListOf(NamedTuple):
    """A new list."""

    items: tuple[Expression, ...]


class MapOf(NamedTuple):
    """A new map."""

    pairs: tuple[tuple[Expression, Expression], ...]


class Unary(NamedTuple):
    """`-` or `not` before an operand."""

    operator: str
    operand: Expression


class Binary(NamedTuple):
    """Two operands and one of `+ - * / div mod ^ and or`."""

    operator: str
    left: Expression
    right: Expression


class Compare(NamedTuple):
    """A chain such as `0 <= i < n`; each operator is one of `= != < <= > >= in`, or `not in`."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


class Choose(NamedTuple):
    """`a if condition else b`."""

    condition: Expression
    then: Expression
    other: Expression


class Call(NamedTuple):
    """A function of the program or of the language, applied."""

    function: str
    arguments: tuple[Expression, ...]


class Index(NamedTuple):
    """One element of a list, a string or a map."""

    base: Expression
    place: Expression


class Slice(NamedTuple):
    """The elements from `first` to before `end`."""

    base: Expression
    first: Expression | None
    end: Expression | None


Expression: TypeAlias = Literal | Name | ListOf | MapOf | Unary | Binary | Compare | Choose | Call | Index | Slice
Target: TypeAlias = Name | Index


class Assign(NamedTuple):
    """One or several targets get as many values, or the elements of one list."""

    line: int
    targets: tuple[Target, ...]
    values: tuple[Expression, ...]


class Augment(NamedTuple):
    """`target += value` and its like."""

    line: int
    target: Target
    operator: str
    value: Expression


class Swap(NamedTuple):
    """Two targets exchange their values."""

    line: int
    first: Target
    second: Target


class Do(NamedTuple):
    """A call for what it does."""

    line: int
    call: Call


class Branch(NamedTuple):
    """A condition and what is done if it holds."""

    line: int
    condition: Expression
    body: Block


class If(NamedTuple):
    """Branches, of which the first that holds is taken, and what is done if none does."""

    line: int
    branches: tuple[Branch, ...]
    other_line: int
    other: Block | None


class While(NamedTuple):
    """A loop on a condition."""

    line: int
    condition: Expression
    body: Block


class Count(NamedTuple):
    """A loop over the integers from `first` to `last`, both included."""

    line: int
    name: str
    first: Expression
    last: Expression
    step: Expression | None
    down: bool
    body: Block


class Each(NamedTuple):
    """A loop over the elements of a list or string, or the keys of a map."""

    line: int
    names: tuple[str, ...]
    source: Expression
    body: Block


class Return(NamedTuple):
    """The end of a function or of the program, and its result."""

    line: int
    value: Expression | None


class Leave(NamedTuple):
    """`break` or `continue`."""

    line: int
    word: str


Statement: TypeAlias = Assign | Augment | Swap | Do | If | While | Count | Each | Return | Leave
Block: TypeAlias = tuple[Statement, ...]


class Function(NamedTuple):
    """A function of the program."""

    line: int
    name: str
    parameters: tuple[str, ...]
    body: Block


class Program(NamedTuple):
    """A program: its functions and what it does."""

    functions: tuple[Function, ...]
    body: Block
