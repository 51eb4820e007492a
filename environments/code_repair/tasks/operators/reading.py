"""What operators ask about code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from agentgym.environments.code_repair.tasks.operators.source import Edit, Placed, Source, begin, end, spanning

Loop = ast.For | ast.While
Simple = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr
SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)
ASSIGNING = (ast.Assign, ast.AnnAssign, ast.AugAssign)


def names_in(*nodes: ast.AST) -> set[str]:
    """Return all names in the nodes."""
    return {name.id for node in nodes for name in ast.walk(node) if isinstance(name, ast.Name)}


def parameters(function: ast.FunctionDef | ast.Lambda) -> list[str]:
    """Return the names of a function's parameters."""
    arguments = function.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def targets(statement: ast.AST) -> list[ast.expr]:
    """Return what an assignment assigns to: names, attributes and elements."""
    if isinstance(statement, ast.Assign):
        found = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        found = [statement.target]
    else:
        found = []
    return [part for target in found for part in (target.elts if isinstance(target, ast.Tuple) else [target])]


def assigned(statement: ast.AST) -> set[str]:
    """Return the names that an assignment gives a value to."""
    return {target.id for target in targets(statement) if isinstance(target, ast.Name)}


def mentioned(*nodes: ast.AST) -> set[str]:
    """Return all names in the nodes; for an attribute of `self` its own name with it, as in `self.total`."""
    inner = [part for node in nodes for part in ast.walk(node)]
    own = {name for part in inner if isinstance(part, ast.Attribute) and (name := subject(part)).startswith("self.")}
    return (names_in(*nodes) - {"self"}) | own


def subject(node: ast.expr) -> str:
    """Return the name of what an expression is a part of, as `mentioned` does, or an empty text."""
    attribute = ""
    while isinstance(node, ast.Attribute | ast.Subscript):
        attribute = node.attr if isinstance(node, ast.Attribute) else attribute
        node = node.value
    name = node.id if isinstance(node, ast.Name) else ""
    if name == "self":
        return f"self.{attribute}" if attribute else ""
    return name


def changed(statement: ast.stmt) -> set[str]:
    """Return the names, as `mentioned` gives them, of what a statement replaces or may change in place."""
    found = [subject(target) for target in targets(statement)]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        found += [subject(function.value)] if isinstance(function, ast.Attribute) else []
    if isinstance(statement, ast.Delete):
        found += [subject(target) for target in statement.targets]
    return {name for name in found if name}


def changed_within(node: ast.AST) -> set[str]:
    """Return the names whose values the statements inside a node change."""
    return {name for inner in ast.walk(node) if isinstance(inner, ast.stmt) for name in changed(inner)}


def first_bindings(function: ast.FunctionDef) -> set[int]:
    """Return the ids of the assignments before which one of their names has no value."""
    known, found = set(parameters(function)), set()
    statements = [node for node in ast.walk(function) if isinstance(node, ASSIGNING)]
    for statement in sorted(statements, key=begin):
        if not assigned(statement) <= known:
            found.add(id(statement))
        known |= assigned(statement)
    return found


def called(node: ast.AST | None) -> str:
    """Return the name of the function or method that a node calls, or an empty text."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def is_super_call(node: ast.AST) -> bool:
    """Tell whether a node calls a method of the class above."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and called(node.func.value) == "super"


def arguments_of(call: ast.Call) -> list[Placed]:
    """Return all arguments of a call in the order of the text."""
    return sorted([*call.args, *call.keywords], key=begin)


def without_argument(source: Source, call: ast.Call, position: int) -> Iterator[Edit]:
    """Yield the edit that takes one argument away, unless it is in brackets of its own."""
    arguments = arguments_of(call)
    if position > 0:
        first, last, gap = end(arguments[position - 1]), end(arguments[position]), begin(arguments[position])
        ahead = source.text(first, gap)
    elif len(arguments) > 1:
        first, last = begin(arguments[0]), begin(arguments[1])
        ahead = source.text(end(arguments[0]), last)
    else:
        yield from source.replace(arguments[0], "")
        return
    if re.fullmatch(r"\s*,\s*", ahead):
        yield spanning(first, last, "")


def with_argument(source: Source, call: ast.Call, text: str) -> Iterator[Edit]:
    """Yield the edit that adds a last argument to a call, unless its only one is a bare generator."""
    arguments = arguments_of(call)
    if not arguments:
        last = end(call)
        place = last._replace(column=last.column - 1)
        yield spanning(place, place, text)
    elif not isinstance(arguments[-1], ast.GeneratorExp) or len(arguments) > 1:
        ahead = source.text(end(arguments[-1]), end(call))
        if re.fullmatch(r"\s*,?\s*\)", ahead):
            yield spanning(end(arguments[-1]), end(arguments[-1]), f", {text}")


def rename_method(source: Source, call: ast.Call, name: str) -> Iterator[Edit]:
    """Yield the edit that puts another name in the place of a called function's or method's."""
    if isinstance(call.func, ast.Name):
        yield from source.replace(call.func, name)
    elif isinstance(call.func, ast.Attribute):
        last = end(call.func)
        first = last._replace(column=last.column - len(call.func.attr))
        yield spanning(first, last, name)


def without_method(source: Source, call: ast.Call) -> Iterator[Edit]:
    """Yield the edit that takes a method call away and leaves the value it is called on."""
    if isinstance(call.func, ast.Attribute) and source.text(end(call.func.value), end(call.func)).startswith("."):
        yield from source.cut(end(call.func.value), end(call))


def literal_text(source: Source, node: ast.AST | None) -> str | None:
    """Return what is between the double quotes of a plain text literal, or None if it is no such."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node.lineno != node.end_lineno:
        return None
    found = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', source.text_of(node))
    return found[1] if found else None


def imported(source: Source) -> set[str]:
    """Return the names of the modules that are imported whole."""
    return {(name.asname or name.name) for node in source.nodes(ast.Import) for name in node.names}
