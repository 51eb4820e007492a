"""What a compiled program is made of, and which names its statements give values to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agentgym.environments.json_math.pseudocode.operations import Frame, Value
from agentgym.environments.json_math.pseudocode.tree import (
    Assign,
    Augment,
    Block,
    Count,
    Each,
    If,
    Name,
    Statement,
    Swap,
    Target,
    While,
)
from agentgym.environments.json_math.pseudocode.values import Machine

BREAK, CONTINUE = "break", "continue"
Run = Callable[[Frame], Any]


class Item(NamedTuple):
    """A statement of a block: its closure, its units of work, its number in the program, and its line."""

    run: Run
    cost: int
    key: int
    line: int


class Site(NamedTuple):
    """Something that can be taken out of a compiled program.

    Attributes:
        line: where it starts.
        statement: what it is; None for a branch of an if.
        key: its number; that of the whole if, for a branch.
        container: the list that holds it.
        item: what the list holds.
        bodies: the blocks of a statement, each a list of items.
        body: what runs the only block of a statement, if it has one.
        read: for an assignment to one place, what reads it.
    """

    line: int
    statement: Statement | None
    key: int
    container: list[Any]
    item: Any
    bodies: Sequence[list[Item]] = ()
    body: Run | None = None
    read: Value | None = None


@dataclass(frozen=True)
class Compiled:
    """A program that can run.

    Attributes:
        machine: its state.
        slots: where each name has its place among the program's variables.
        body: what it does.
        sites: what can be taken out of it.
        counts: how often each statement has run, if it was compiled for that.
        spent: and what work it and the blocks in it have done.
        last_line: its last line.
    """

    machine: Machine
    slots: dict[str, int]
    body: Run
    sites: Sequence[Site]
    counts: list[int]
    spent: list[int]
    last_line: int


@dataclass
class Parts:
    """What the statements of a program share while they are compiled."""

    profiled: bool
    machine: Machine = field(default_factory=Machine)
    sites: list[Site] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    spent: list[int] = field(default_factory=list)


def assigned(block: Block) -> list[str]:
    """Return the names that a block gives values to, in the order in which they first get one."""
    names: list[str] = []
    for statement in block:
        match statement:
            case Assign(_, targets, _):
                names += [target.name for target in targets if isinstance(target, Name)]
            case Augment(_, Name(name), _, _):
                names.append(name)
            case Swap(_, first, second):
                names += [target.name for target in (first, second) if isinstance(target, Name)]
            case If(_, branches, _, other):
                for branch in branches:
                    names += assigned(branch.body)
                names += assigned(other or ())
            case While(_, _, body):
                names += assigned(body)
            case Count(_, name, _, _, _, _, body):
                names += [name, *assigned(body)]
            case Each(_, each, _, body):
                names += [*each, *assigned(body)]
            case _:
                pass
    return list(dict.fromkeys(names))


def first_target(statement: Assign | Augment) -> Target | None:
    """Return the only target of an assignment, if it has only one."""
    if isinstance(statement, Augment):
        return statement.target
    return statement.targets[0] if len(statement.targets) == 1 else None
