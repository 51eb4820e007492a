"""Mistakes in assignments, loops and the choice of variables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source

ASSIGNMENTS: Mapping[str, str] = {"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "<<=": ">>=", "*=": "+="}


def assignment(source: Source, node: ast.AugAssign) -> tuple[str, Edit] | None:
    """Return the symbol of an augmented assignment, and the edit that would remove it."""
    line = source.lines[node.lineno - 1]
    found = re.compile(r"[+\-*/%|&<>]+=").search(line, node.target.end_col_offset or 0)
    return (found[0], Edit(node.lineno, found.start(), node.lineno, found.end(), "")) if found else None


class WrongAssignment(Operator):
    """A variable is changed in the wrong direction.

    Before: `total += amount`
    After: `total -= amount`
    """

    name = "wrong-assignment"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each augmented assignment that has a counterpart."""
        for node in source.nodes(ast.AugAssign):
            found = assignment(source, node)
            if found and found[0] in ASSIGNMENTS:
                symbol, edit = found
                yield replace(edit, text=ASSIGNMENTS[symbol])


class LostAccumulation(Operator):
    """A variable is overwritten instead of changed.

    Before: `total += amount`
    After: `total = amount`
    """

    name = "lost-accumulation"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each augmented assignment."""
        for node in source.nodes(ast.AugAssign):
            if found := assignment(source, node):
                _, edit = found
                yield replace(edit, text="=")


class LoopExit(Operator):
    """A loop ends instead of going on, or goes on instead of ending.

    Before: `continue`
    After: `break`
    """

    name = "loop-exit"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `break` and `continue`."""
        for node in source.nodes(ast.stmt):
            if isinstance(node, ast.Break):
                yield from source.replace(node, "continue")
            elif isinstance(node, ast.Continue):
                yield from source.replace(node, "break")


class WrongVariable(Operator):
    """Another variable of the same function is used.

    Before: `total += price * count`
    After: `total += price * price`
    """

    name = "wrong-variable"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield two edits for each use of a local variable: the two others used last before it take its place."""
        for function in source.nodes(ast.FunctionDef):
            names = list(source.nodes(ast.Name, within=function))
            local = {argument.arg for argument in function.args.args}
            local |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
            before: list[str] = [argument.arg for argument in function.args.args]
            for name in names:
                others = [other for other in reversed(before) if other not in (name.id, "self")]
                if name.id in local and isinstance(name.ctx, ast.Load):
                    for other in list(dict.fromkeys(others))[:2]:
                        yield from source.replace(name, other)
                if name.id in local:
                    before.append(name.id)
