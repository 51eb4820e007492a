"""Source text together with its syntax tree, and edits of parts of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from agentgym.environments.code_repair.tasks.syntax import syntax_tree

Node = TypeVar("Node", bound=ast.AST)
Placed = ast.expr | ast.stmt | ast.keyword | ast.arg
Block = list[ast.stmt]

# Annotations and base classes say what a type is, and positions inside f-strings are wrong before Python 3.12.
UNTOUCHED = ("annotation", "returns", "bases")
BLOCKS = ("body", "orelse", "finalbody")


class Place(NamedTuple):
    """A place in a text: the line, counted from 1, and the column, from 0."""

    line: int
    column: int


def begin(node: Placed) -> Place:
    """Return where a node begins."""
    return Place(node.lineno, node.col_offset)


def end(node: Placed) -> Place:
    """Return the place behind a node."""
    return Place(node.end_lineno or node.lineno, node.end_col_offset or 0)


@dataclass(frozen=True)
class Edit:
    """One replacement of a piece of text, which may be of several lines.

    Attributes:
        line: number of its first line, from 1.
        start: column of its first character, from 0.
        last_line: number of its last line.
        end: column behind its last character.
        text: what takes its place; may be empty or have several lines.
    """

    line: int
    start: int
    last_line: int
    end: int
    text: str


def spanning(first: Place, last: Place, text: str) -> Edit:
    """Return the edit that puts text between two places."""
    return Edit(first.line, first.column, last.line, last.column, text)


class Source:
    """A module's text and tree. The text must be ASCII, so that the tree's byte columns are columns of text."""

    def __init__(self, text: str) -> None:
        if not text.isascii():
            raise ValueError("only ASCII source can be mutated")
        self.lines = text.splitlines(keepends=True)
        self.tree = syntax_tree(text)
        self._block_of = {id(statement): block for block in self.blocks() for statement in block}

    def nodes(self, kind: type[Node], *, within: ast.AST | None = None) -> Iterator[Node]:
        """Yield the nodes of a kind in the order of the text; none from annotations, docstrings and f-strings."""
        for name, value in ast.iter_fields(within or self.tree):
            if name in UNTOUCHED:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not is_untouched(child):
                    if isinstance(child, kind):
                        yield child
                    yield from self.nodes(kind, within=child)

    def functions(self) -> Iterator[ast.FunctionDef]:
        """Yield all functions and methods."""
        return self.nodes(ast.FunctionDef)

    def blocks(self, within: ast.AST | None = None) -> Iterator[Block]:
        """Yield every sequence of statements that belong together; an `elif` is a block of its own."""
        owner = within or self.tree
        for name in BLOCKS:
            block = getattr(owner, name, None)
            if isinstance(block, list):
                yield block
        for child in ast.iter_child_nodes(owner):
            if not isinstance(child, ast.expr):
                yield from self.blocks(child)

    def block_of(self, statement: ast.stmt) -> Block:
        """Return the statements of which one is this."""
        return self._block_of[id(statement)]

    def stands_alone(self, statement: ast.stmt) -> bool:
        """Tell whether a statement has its lines for itself, and is no `elif`."""
        head = self.lines[statement.lineno - 1][: statement.col_offset]
        last = end(statement)
        tail = self.lines[last.line - 1][last.column :].strip()
        return not head.strip() and tail[:1] in ("", "#") and not self.is_elif(statement)

    def is_elif(self, statement: ast.stmt) -> bool:
        """Tell whether a statement is an `elif` with all that follows it."""
        return isinstance(statement, ast.If) and self.text_of(statement).startswith("elif")

    def text(self, first: Place, last: Place) -> str:
        """Return the text between two places."""
        lines = self.lines[first.line - 1 : last.line]
        lines[-1] = lines[-1][: last.column]
        lines[0] = lines[0][first.column :]
        return "".join(lines)

    def text_of(self, node: Placed) -> str:
        """Return the text of a node."""
        return self.text(begin(node), end(node))

    def replace(self, node: Placed, text: str) -> Iterator[Edit]:
        """Yield the edit that puts text in a node's place, if the node lies on one line."""
        if node.lineno == node.end_lineno:
            yield spanning(begin(node), end(node), text)

    def replace_bare(self, node: ast.expr, text: str) -> Iterator[Edit]:
        """Yield the edit that puts text in a node's place, and in that of parentheses it no longer needs."""
        line = self.lines[node.lineno - 1] if node.lineno == node.end_lineno else ""
        first, last = node.col_offset - 1, (node.end_col_offset or 0) + 1
        grouped = first >= 0 and line[first : first + 1] + line[last - 1 : last] == "()"
        if grouped and not re.search(r"[\w)\]]$", line[:first]) and re.fullmatch(r"[\w.]+(\([\w., ]*\))?", text):
            yield Edit(node.lineno, first, node.lineno, last, text)
        else:
            yield from self.replace(node, text)

    def replace_between(self, left: Placed, right: Placed, old: str, new: str) -> Iterator[Edit]:
        """Yield the edit of the operator between two nodes, if it is there."""
        first, last = end(left), begin(right)
        for line in range(first.line, last.line + 1):
            start = first.column if line == first.line else 0
            text = self.lines[line - 1][start : last.column if line == last.line else None].partition("#")[0]
            if found := re.search(rf"(?<![\w<>=!+*/-]){re.escape(old)}(?![\w<>=*/])", text):
                yield Edit(line, start + found.start(), line, start + found.end(), new)
                return

    def cut(self, first: Place, last: Place) -> Iterator[Edit]:
        """Yield the edit that takes away what is between two places, if they are on one line."""
        if first.line == last.line:
            yield spanning(first, last, "")

    def swap(self, first: Placed, second: Placed) -> Iterator[Edit]:
        """Yield the edit that makes two nodes change places, if their texts differ; what is between them stays."""
        texts = self.text_of(first), self.text_of(second)
        if texts[0] != texts[1]:
            between = self.text(end(first), begin(second))
            yield spanning(begin(first), end(second), f"{texts[1]}{between}{texts[0]}")

    def remove(self, statement: ast.stmt) -> Iterator[Edit]:
        """Yield the edit that takes a statement's lines away, or makes it `pass` if its block has no other."""
        if not self.stands_alone(statement):
            return
        if len(self.block_of(statement)) == 1:
            yield spanning(begin(statement), end(statement), "pass")
        else:
            yield self.without_lines(statement.lineno, end(statement).line)

    def without_lines(self, first: int, last: int) -> Edit:
        """Return the edit that takes whole lines away."""
        return Edit(first, 0, last, len(self.lines[last - 1]), "")

    def indent(self, statement: ast.stmt, column: int) -> Iterator[Edit]:
        """Yield the edit that makes a statement begin at a column; lines in which it goes on stay where they are."""
        if self.stands_alone(statement):
            yield Edit(statement.lineno, 0, statement.lineno, statement.col_offset, " " * column)

    def together(self, *groups: Iterable[Edit]) -> Iterator[Edit]:
        """Yield the one edit that does what one of each group does, if no group is empty and none overlap."""
        firsts = [next(iter(group), None) for group in groups]
        edits = sorted((edit for edit in firsts if edit is not None), key=lambda edit: (edit.line, edit.start))
        if len(edits) < len(firsts):
            return
        text, here = "", Place(edits[0].line, edits[0].start)
        for edit in edits:
            if (edit.line, edit.start) < here:
                return
            text += self.text(here, Place(edit.line, edit.start)) + edit.text
            here = Place(edit.last_line, edit.end)
        yield spanning(Place(edits[0].line, edits[0].start), here, text)

    def apply(self, edit: Edit) -> str:
        """Return the text with one edit made; everything else stays as it is."""
        head = self.lines[edit.line - 1][: edit.start]
        tail = self.lines[edit.last_line - 1][edit.end :]
        return "".join([*self.lines[: edit.line - 1], head, edit.text, tail, *self.lines[edit.last_line :]])


def is_untouched(node: ast.AST) -> bool:
    """Tell whether a node is an f-string, a docstring, `...` or the definition of a type's other name."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        return isinstance(node.value, ast.Subscript | ast.BinOp) and name[:1].isupper() and not name.isupper()
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


class Operator:
    """One kind of mistake. Its docstring shows code before and after: a line in backticks, or indented lines.

    Attributes:
        name: how it is called in records.
        held_out: its mutants are for evaluation only.
        hangs: its mutants mostly do not end.
    """

    name: str
    held_out: bool = False
    hangs: bool = False

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield every edit that makes this mistake once, in an order that is always the same."""
        raise NotImplementedError
