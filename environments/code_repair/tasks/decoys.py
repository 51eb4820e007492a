"""Decoys: comments that make sound lines look doubtful. They change nothing that a program does."""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from agentgym.environments.code_repair.tasks.mutant import Fault
from agentgym.environments.code_repair.tasks.operators import find_operator
from agentgym.environments.code_repair.tasks.operators.source import Source
from agentgym.environments.code_repair.tasks.syntax import syntax_tree

DOUBTS = (
    "TODO: is this right at the boundary?",
    "FIXME: off by one?",
    "XXX: this looks odd, but the tests pass",
    "not sure about this one",
    "TODO: what if it is empty?",
    "quick fix, look at it again",
    "HACK: works for now",
    "check the order here",
)
FEWEST, MOST = 2, 4
SHARE_OF_FORMS = 0.4
# Kinds of mistakes within a line: what the author of a comment may have had before.
PLAUSIBLE = ("boundary", "direction", "arithmetic", "off-by-one", "connective")


class Disguised(NamedTuple):
    """Source files with decoys in them, and the faults where they lie now."""

    sources: Mapping[str, str]
    faults: Sequence[Fault]


class Comment(NamedTuple):
    """A comment that is put before a line."""

    line: int
    text: str


def with_decoys(sources: Mapping[str, str], faults: Sequence[Fault], rng: random.Random) -> Disguised:
    """Return faulty sources with two to four doubtful comments, each before some statement of some function.

    Any statement can get one, a faulty one too; what a line "was" is said of sound ones only.
    """
    places = [(file, line) for file in sources for line in statement_lines(sources[file])]
    chosen = rng.sample(places, min(len(places), rng.randint(FEWEST, MOST)))
    comments: dict[str, list[Comment]] = {}
    for file, line in sorted(chosen):
        comments.setdefault(file, []).append(Comment(line, _comment(sources[file], file, line, faults, rng)))
    files = {file: _inserted(text, comments.get(file, ())) for file, text in sources.items()}
    moved = [_moved(fault, comments.get(fault.file, ())) for fault in faults]
    return Disguised(files, moved)


@lru_cache(maxsize=512)
def statement_lines(text: str) -> Sequence[int]:
    """Return the lines on which statements of functions begin, docstrings left out."""
    tree, own = syntax_tree(text), text.splitlines()
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    statements = [node for function in functions for top in function.body for node in ast.walk(top)]
    lines = {
        node.lineno
        for node in statements
        if isinstance(node, ast.stmt)
        and not isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not own[node.lineno - 1][: node.col_offset].strip()
    }
    return sorted(lines)


@lru_cache(maxsize=512)
def other_forms(text: str) -> Mapping[int, Sequence[str]]:
    """Return what lines could have been before, by number."""
    source = Source(text)
    forms: dict[int, list[str]] = {}
    for name in PLAUSIBLE:
        for edit in find_operator(name).edits(source):
            forms.setdefault(edit.line, []).append(source.apply(edit).splitlines()[edit.line - 1].strip())
    return forms


def _comment(text: str, file: str, line: int, faults: Sequence[Fault], rng: random.Random) -> str:
    faulty = any(fault.file == file and fault.line <= line < fault.line + len(fault.after) for fault in faults)
    forms = () if faulty or rng.random() > SHARE_OF_FORMS else other_forms(text).get(line, ())
    return f"was: {rng.choice(forms)}" if forms else rng.choice(DOUBTS)


def _inserted(text: str, comments: Sequence[Comment]) -> str:
    lines = text.splitlines()
    for comment in reversed(comments):
        below = lines[comment.line - 1]
        indent = below[: len(below) - len(below.lstrip())]
        lines.insert(comment.line - 1, f"{indent}# {comment.text}")
    return "".join(f"{line}\n" for line in lines)


def _moved(fault: Fault, comments: Sequence[Comment]) -> Fault:
    """Return a fault as it lies below, or around, the comments of its file."""
    inside = [c for c in comments if fault.line < c.line < fault.line + len(fault.after)]
    line = fault.line + sum(comment.line <= fault.line for comment in comments)
    if not inside:
        return fault.model_copy(update={"line": line})
    after = _inserted("\n".join(fault.after), [c._replace(line=c.line - fault.line + 1) for c in inside])
    return fault.model_copy(update={"line": line, "after": tuple(after.splitlines())})
