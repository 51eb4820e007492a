"""Source text together with its syntax tree, and edits of single lines of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from agentgym.environments.code_repair.tasks.syntax import syntax_tree

Node = TypeVar("Node", bound=ast.AST)
Placed = ast.expr | ast.stmt

# Annotations do nothing when the program runs, and positions inside f-strings are wrong before Python 3.12.
UNTOUCHED = ("annotation", "returns")


@dataclass(frozen=True)
class Edit:
    """One replacement within a line.

    Attributes:
        line: number of the line, from 1.
        start: column of the first character that is replaced, from 0.
        end: column behind the last one.
        text: what takes its place.
    """

    line: int
    start: int
    end: int
    text: str


class Source:
    """A module's text and tree. The text must be ASCII, so that the tree's byte columns are columns of text."""

    def __init__(self, text: str) -> None:
        if not text.isascii():
            raise ValueError("only ASCII source can be mutated")
        self.lines = text.splitlines(keepends=True)
        self.tree = syntax_tree(text)

    def nodes(self, kind: type[Node], *, within: ast.AST | None = None) -> Iterator[Node]:
        """Yield the nodes of a kind in the order of the text; none from annotations and f-strings."""
        for name, value in ast.iter_fields(within or self.tree):
            if name in UNTOUCHED:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                    if isinstance(child, kind):
                        yield child
                    yield from self.nodes(kind, within=child)

    def text_of(self, node: Placed) -> str:
        """Return the text of a node that lies on one line."""
        return self.lines[node.lineno - 1][node.col_offset : node.end_col_offset]

    def replace(self, node: Placed, text: str) -> Iterator[Edit]:
        """Yield the edit that puts text in a node's place, if the node lies on one line."""
        if node.lineno == node.end_lineno and node.end_col_offset is not None:
            yield Edit(node.lineno, node.col_offset, node.end_col_offset, text)

    def replace_between(self, left: Placed, right: Placed, old: str, new: str) -> Iterator[Edit]:
        """Yield the edit of the operator between two nodes, if it is there and both touch the same line."""
        if left.end_lineno != right.lineno or left.end_col_offset is None:
            return
        start, end = left.end_col_offset, right.col_offset
        found = re.search(rf"(?<![\w<>=!+*/-]){re.escape(old)}(?![\w<>=*/])", self.lines[right.lineno - 1][start:end])
        if found:
            yield Edit(right.lineno, start + found.start(), start + found.end(), new)

    def apply(self, edit: Edit) -> str:
        """Return the text with one edit made; everything else stays as it is."""
        lines = list(self.lines)
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + edit.text + line[edit.end :]
        return "".join(lines)


class Operator:
    """One kind of mistake. Its docstring shows a line before and after.

    Attributes:
        name: how it is called in records.
        held_out: its mutants are for evaluation only.
    """

    name: str
    held_out: bool = False
    hangs: bool = False

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield every edit that makes this mistake once, in the order of the text."""
        raise NotImplementedError
