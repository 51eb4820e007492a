"""Mistakes in calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import pairwise

from agentgym.environments.code_repair.tasks.operators.reading import (
    arguments_of,
    called,
    rename_method,
    without_argument,
)
from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source

CONFUSED: Mapping[str, str] = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "append": "extend",
    "extend": "append",
    "find": "rfind",
    "rfind": "find",
    "rindex": "index",
    "startswith": "endswith",
    "endswith": "startswith",
    "keys": "values",
    "union": "intersection",
    "intersection": "union",
    "issubset": "issuperset",
    "issuperset": "issubset",
    "isspace": "isalpha",
    "isdigit": "isalpha",
    "isalpha": "isdigit",
    "isalnum": "isalpha",
    "index": "count",
    "discard": "add",
    "sum": "len",
    "setdefault": "get",
}
SYMMETRIC = frozenset({"min", "max", "isinstance", "issubclass"})
WRAPPERS = frozenset({"sorted", "reversed", "list", "set", "dict", "int", "str", "abs", "len"})


class WrongFunction(Operator):
    """A function of a similar name or meaning is called.

    Before: `end = max(end, stop)`
    After: `end = min(end, stop)`
    """

    name = "wrong-function"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each call of a function or method that is easily taken for another."""
        for node in source.nodes(ast.Call):
            function = node.func
            if isinstance(function, ast.Name) and function.id in CONFUSED:
                yield from rename_method(source, node, CONFUSED[function.id])
            elif isinstance(function, ast.Attribute) and function.attr in CONFUSED:
                yield from rename_method(source, node, CONFUSED[function.attr])


class SwappedArguments(Operator):
    """Two arguments are mixed up.

    Before: `copy(source, target)`
    After: `copy(target, source)`
    """

    name = "swapped-arguments"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each two neighbours among the arguments of a call, and among the values of named ones."""
        for node in source.nodes(ast.Call):
            if called(node) in SYMMETRIC:
                continue
            for arguments in (node.args, [named.value for named in node.keywords]):
                for first, second in pairwise(arguments):
                    plain = not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred)
                    if plain and not (isinstance(first, ast.Constant) and isinstance(second, ast.Constant)):
                        yield from source.swap(first, second)


class DroppedArgument(Operator):
    """The last argument of a call is missing.

    Before: `end = text.find(mark, start)`
    After: `end = text.find(mark)`
    """

    name = "dropped-argument"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each call with at least two arguments, named ones included."""
        for node in source.nodes(ast.Call):
            count = len(arguments_of(node))
            if count >= 2 and called(node) not in ("isinstance", "issubclass"):
                yield from without_argument(source, node, count - 1)


class DroppedCall(Operator):
    """A value is used as it is where it should be converted, sorted or copied first.

    Before: `for name in sorted(names):`
    After: `for name in names:`
    """

    name = "dropped-call"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each conversion, and for each method without arguments that changes text."""
        for node in source.nodes(ast.Call):
            function = node.func
            if isinstance(function, ast.Name) and function.id in WRAPPERS and len(node.args) == 1:
                yield from source.replace(node, source.text_of(node.args[0]))
            elif isinstance(function, ast.Attribute) and function.attr in ("strip", "copy") and not node.args:
                yield from source.replace(node, source.text_of(function.value))
