"""Mutants: base programs with one or two faults, as the gate let them through."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from agentgym.environments.code_repair.tasks.base import Base
from agentgym.environments.code_repair.tasks.bases import find_base
from agentgym.environments.code_repair.tasks.operators import find_operator
from agentgym.environments.code_repair.tasks.syntax import syntax_tree
from agentgym.task import Split, split_of

MUTANTS_FILE = Path(__file__).with_name("mutants.jsonl")


class Fault(BaseModel):
    """One mistake in one place of one file.

    Attributes:
        operator: the kind of mistake.
        file: the source file it is in.
        line: number of its first line, from 1.
        before: the sound lines.
        after: the faulty ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    operator: str
    file: str
    line: int = Field(ge=1)
    before: tuple[str, ...] = Field(min_length=1)
    after: tuple[str, ...] = Field(min_length=1)

    @property
    def is_one_line(self) -> bool:
        """Whether a single line is wrong, and a single line mends it."""
        return len(self.before) == len(self.after) == 1


class Symptom(BaseModel):
    """One call that shows that a program is faulty, in words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    call: str
    got: str
    expected: str

    @property
    def is_clear(self) -> bool:
        """Whether both answers are plain values, told in full."""
        return not self.got.endswith("...") and not self.expected.endswith("...") and "plain data" not in self.got


class Kind(StrEnum):
    """How the faults of a mutant stand to each other.

    A `single` one is alone. Two are `interacting` if together they do what neither does alone, and each has to be
    mended. They are `masking` if a test complains of the first, and complains of the second once that is mended.
    """

    SINGLE = "single"
    INTERACTING = "interacting"
    MASKING = "masking"


class Mutant(BaseModel):
    """A base program with faults.

    Attributes:
        base: the program.
        kind: how its faults stand to each other.
        faults: one, or two; of masking ones, the first is what shows.
        failing: names of the visible tests that fail, in order; a masking pair's are those that tell of the first.
        message: what pytest says about the first of them.
        symptom: a call that is answered wrongly.
        differs: share of random calls that are answered otherwise than by the sound program.
        hangs: whether some calls do not end.
        stateful: whether a call is answered otherwise the second time, so that no call alone shows the fault.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str
    kind: Kind = Kind.SINGLE
    faults: tuple[Fault, ...] = Field(min_length=1, max_length=2)
    failing: tuple[str, ...] = ()
    message: str = ""
    symptom: Symptom
    differs: float = Field(gt=0, le=1)
    hangs: bool = False
    stateful: bool = False

    @property
    def program(self) -> Base:
        """The base program."""
        return find_base(self.base)

    @property
    def operators(self) -> tuple[str, ...]:
        """The kinds of its mistakes."""
        return tuple(fault.operator for fault in self.faults)

    @property
    def size(self) -> int:
        """Characters of the files that the faults are in."""
        return sum(len(self.program.sources[file]) for file in {fault.file for fault in self.faults})

    def sources(self) -> Mapping[str, str]:
        """Return the program's source files with the faults in them."""
        return with_faults(self.program.sources, self.faults)

    @cached_property
    def is_far(self) -> bool:
        """Whether no failing test calls the module that the fault is in: it has to be followed there."""
        if not self.failing or not self.program.is_package:
            return False
        called = {module for name in self.failing for module in called_modules(self.program, name)}
        return all(fault.file not in called for fault in self.faults)

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels at which it can be served."""
        if self.kind is not Kind.SINGLE:
            return (3,) if self.kind is Kind.INTERACTING else (6,)
        shown = (1, 2) if self.failing and self.faults[0].is_one_line else ()
        hidden = len(self.failing) < len(self.program.test_names)  # a test is left that passes
        told = (5,) if hidden and self.symptom.is_clear and not self.stateful and not self.hangs else ()
        return (*shown, *((4,) if self.is_far else ()), *told)

    def function(self) -> ast.FunctionDef | None:
        """Return the function that the first fault is in, or None if it is in none."""
        fault = self.faults[0]
        return _function_at(self.sources()[fault.file], fault.line)

    def function_text(self) -> str:
        """Return the faulty function's text, or an empty one if the fault is in none."""
        function = self.function()
        if function is None:
            return ""
        lines = self.sources()[self.faults[0].file].splitlines()
        return "\n".join(lines[function.lineno - 1 : function.end_lineno])

    def statements_text(self) -> str:
        """Return the faulty function's text without its docstring."""
        function, lines = self.function(), self.function_text().splitlines()
        if function is not None and ast.get_docstring(function) is not None:
            docstring = function.body[0]
            del lines[docstring.lineno - function.lineno : (docstring.end_lineno or 0) - function.lineno + 1]
        return "\n".join(lines)

    @cached_property
    def split(self) -> Split | None:
        """The only split that may serve it; None for a pair whose faults belong to different ones.

        Evaluated is what is held out: programs, and kinds of mistakes in the others. A single fault may be for demo, as
        its own text decides.
        """
        if self.program.held_out:
            return Split.EVAL
        held_out = {find_operator(fault.operator).held_out for fault in self.faults}
        if len(held_out) > 1:
            return None
        if held_out == {True}:
            return Split.EVAL
        demo = len(self.faults) == 1 and split_of(_digest(self.base, self.faults[0])) is Split.DEMO
        return Split.DEMO if demo else Split.TRAIN


@lru_cache(maxsize=4096)
def _function_at(text: str, line: int) -> ast.FunctionDef | None:
    found = None
    for node in ast.walk(syntax_tree(text)):
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            found = node
    return found


def with_faults(sources: Mapping[str, str], faults: Sequence[Fault]) -> dict[str, str]:
    """Return source files with faults put in.

    Raises:
        ValueError: a file does not have a fault's sound lines where it says.
    """
    files = {name: text.splitlines() for name, text in sources.items()}
    for fault in sorted(faults, key=lambda fault: -fault.line):
        lines, first = files[fault.file], fault.line - 1
        if tuple(lines[first : first + len(fault.before)]) != fault.before:
            raise ValueError(f"{fault.file} has changed at line {fault.line}: run the gate again")
        lines[first : first + len(fault.before)] = fault.after
    return {name: "".join(f"{line}\n" for line in lines) for name, lines in files.items()}


def called_modules(program: Base, test: str) -> set[str]:
    """Return the source files whose functions a visible test names, itself or through helpers beside it."""
    for text in program.tests.values():
        tree = syntax_tree(text)
        homes = {
            alias.asname or alias.name: f"{node.module.replace('.', '/')}.py"
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        if test in functions:
            todo, seen = [test], set()
            while todo:
                name = todo.pop()
                if name not in seen and name in functions:
                    todo += [node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)]
                seen.add(name)
            return {homes[name] for name in seen & set(homes)}
    return set()


def _digest(base: str, fault: Fault) -> str:
    text = with_faults(find_base(base).sources, [fault])[fault.file]
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def load_mutants(path: Path = MUTANTS_FILE) -> tuple[Mutant, ...]:
    """Return the frozen list of mutants."""
    return tuple(Mutant.model_validate_json(line) for line in path.read_text("utf-8").splitlines())
