"""The shape of a program as a set of shingles: short runs of its syntax tree, without names and values.

A tree is cut into pieces: each function, and each statement of a module or class. A piece is written down as its nodes
in reading order, each with the field of its parent that it stands in (`test:Compare`), and every run of `RUN` nodes is
one shingle. As no run crosses from one piece into the next, the order of functions does not matter.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Set
from typing import NamedTuple

RUN = 4
# Less than this says nothing: two unrelated getters or loops over a list look the same.
LEAST_SHINGLES = 20
MOST_CHARS = 1 << 20

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Fields that say nothing about what the code does; `load` and `store` follow from where a name stands.
ERASED_FIELDS = frozenset({"ctx", "annotation", "returns", "type_comment", "type_params", "kind"})


class Unit(NamedTuple):
    """A module or one of its functions.

    Attributes:
        name: of the function, with its classes as in `Stack.push`; empty for the module.
        line: where it begins.
        shingles: its shape.
    """

    name: str
    line: int
    shingles: Set[str]

    @property
    def is_tiny(self) -> bool:
        """Whether it is too small to be compared."""
        return len(self.shingles) < LEAST_SHINGLES


class Piece(NamedTuple):
    """A part of a tree whose nodes are read in one go, and where it belongs."""

    node: ast.AST
    parent: int
    name: str


def units_of(text: str) -> list[Unit]:
    """Return a module and all its functions as units, the module first.

    Raises:
        ValueError: the text is no Python; says why.
    """
    pieces = [Piece(parse(text), -1, "")]
    shingles: list[set[str]] = []
    # The list grows while it is read: a piece is always behind the one that it is part of.
    for index, piece in enumerate(pieces):
        tokens, inner = _read(piece.node)
        shingles.append(_runs(tokens))
        pieces.extend(Piece(node, index, _name(piece.name, node)) for node in inner)
    for index in range(len(pieces) - 1, 0, -1):
        shingles[pieces[index].parent] |= shingles[index]
    module = Unit("", 1, shingles[0])
    functions = [
        Unit(piece.name, piece.node.lineno, found)
        for piece, found in zip(pieces, shingles, strict=True)
        if isinstance(piece.node, Function)
    ]
    return [module, *functions]


def jaccard(left: Set[str], right: Set[str]) -> float:
    """Return the share of shingles that two sets have in common, from 0 to 1; 0 for two empty sets."""
    common = len(left & right)
    return common / ((len(left) + len(right) - common) or 1)


def parse(text: str) -> ast.Module:
    """Return the tree of a program that may be anything.

    Raises:
        ValueError: it is no Python, or too large or too deep to be read; says why.
    """
    if len(text) > MOST_CHARS:
        raise ValueError(f"larger than {MOST_CHARS >> 20} MiB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno else ""
        raise ValueError(f"not Python 3: {error.msg}{where}") from None
    except ValueError as error:
        raise ValueError(f"not Python 3: {error}") from None
    # SystemError: how some CPython versions tell of depth (https://github.com/python/cpython/issues/106905).
    except (RecursionError, MemoryError, SystemError):
        raise ValueError("nested too deeply for Python's parser") from None


def _read(root: ast.AST) -> tuple[list[str], list[ast.AST]]:
    """Return the nodes of a piece in reading order, and the pieces within it."""
    tokens: list[str] = []
    inner: list[ast.AST] = []
    nodes: list[tuple[str, ast.AST]] = [("", root)]
    while nodes:
        field, node = nodes.pop()
        if not isinstance(node, ast.Module):
            tokens.append(f"{field}:{_label(node)}")
        if node is not root and isinstance(node, Function | ast.ClassDef):
            inner.append(node)
            continue
        children = list(_children(node))
        if isinstance(node, ast.Module | ast.ClassDef):
            inner += [child for field, child in children if field == "body"]
            children = [child for child in children if child[0] != "body"]
        nodes += reversed(children)
    return tokens, inner


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field in node._fields:
        value = getattr(node, field, None)
        if field in ERASED_FIELDS or value is None:
            continue
        if isinstance(value, ast.AST):
            # An assignment with a type hint has one target, others have a list of them.
            yield ("targets" if isinstance(node, ast.AnnAssign) and field == "target" else field), value
        elif isinstance(value, list):
            for child in value:
                if isinstance(child, ast.AST) and not _says_nothing(child):
                    yield field, child


def _says_nothing(node: ast.AST) -> bool:
    """Tell whether a statement is a docstring or another lone constant, or declares a type only."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.AnnAssign) and node.value is None


def _label(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    if isinstance(node, ast.AnnAssign):
        return "Assign"
    return type(node).__name__.removeprefix("Async")


def _runs(tokens: list[str]) -> set[str]:
    # A piece shorter than a run is one shingle as a whole.
    last = max(1, len(tokens) - RUN + 1) if tokens else 0
    return {" ".join(tokens[first : first + RUN]) for first in range(last)}


def _name(outer: str, node: ast.AST) -> str:
    name = node.name if isinstance(node, Function | ast.ClassDef) else ""
    return ".".join(part for part in (outer, name) if part)
