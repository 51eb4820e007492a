"""Lines that only give a value another name, as `y = x` where x would do, and programs without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from agentgym.environments.json_math.pseudocode.items import assigned
from agentgym.environments.json_math.pseudocode.tree import (
    Assign,
    Augment,
    Count,
    Each,
    Function,
    Name,
    Program,
    Swap,
)


class Copy(NamedTuple):
    """A line of copies, and the program in which the names copied stand in place of the copies."""

    line: int
    without: Program


def copies(tree: Program, inputs: Collection[str]) -> Iterator[Copy]:
    """Yield the lines that only copy names to names that get a value nowhere else.

    Whether the program still does the same without one is not looked at.

    Args:
        tree: a program.
        inputs: names that have values from the start.
    """
    scopes = [{*inputs, *assigned(tree.body)}]
    scopes += [{*function.parameters, *assigned(function.body)} for function in tree.functions]
    owners = Counter(name for scope in scopes for name in sorted(scope))
    nodes = list(_nodes(tree))
    writes = Counter(name for node in nodes for name in _given(node))
    for statement in nodes:
        if not isinstance(statement, Assign):
            continue
        named = _named(statement)
        once = all(writes[new] == 1 and new not in inputs for new in named)
        # A name that several functions have of their own may stand for another value where the copy is read.
        if named and once and all(owners[old.name] <= 1 for old in named.values()):
            yield Copy(statement.line, _without(tree, statement, named))


def _named(statement: Assign) -> Mapping[str, Name]:
    """Return which name each target copies; empty if one is no copy."""
    if len(statement.targets) != len(statement.values):
        return {}
    named: dict[str, Name] = {}
    for new, old in zip(statement.targets, statement.values, strict=True):
        if not isinstance(new, Name) or not isinstance(old, Name):
            return {}
        named[new.name] = old
    return {} if any(old.name in named for old in named.values()) else named


def _nodes(node: Any) -> Iterator[Any]:
    """Yield all parts of a tree, itself included."""
    if isinstance(node, tuple):
        yield node
        for part in node:
            yield from _nodes(part)


def _given(node: Any) -> list[str]:
    """Return the names that a node itself gives values to."""
    match node:
        case Assign(_, targets, _):
            return [target.name for target in targets if isinstance(target, Name)]
        case Augment(_, Name(name), _, _):
            return [name]
        case Swap(_, first, second):
            return [target.name for target in (first, second) if isinstance(target, Name)]
        case Count():
            return [node.name]
        case Each():
            return list(node.names)
        case Function():
            return list(node.parameters)
    return []


def _without(node: Any, left_out: Assign, named: Mapping[str, Name]) -> Any:
    if isinstance(node, Name):
        return named.get(node.name, node)
    if not isinstance(node, tuple):
        return node
    parts = [_without(part, left_out, named) for part in node if part is not left_out]
    return type(node)(*parts) if hasattr(node, "_fields") else tuple(parts)
