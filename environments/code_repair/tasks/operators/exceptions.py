"""Mistakes in raising and handling exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from agentgym.environments.code_repair.tasks.operators.reading import called
from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source, begin, end, spanning

RELATED: Mapping[str, str] = {
    "ValueError": "KeyError",
    "KeyError": "ValueError",
    "IndexError": "KeyError",
    "LookupError": "ValueError",
    "TypeError": "ValueError",
    "ZeroDivisionError": "ValueError",
    "ArithmeticError": "ValueError",
    "OverflowError": "ValueError",
    "RuntimeError": "ValueError",
    "StopIteration": "IndexError",
}


def raised(node: ast.Raise) -> ast.Name | None:
    """Return the name of the exception that is raised, if it is a class that is called by its name."""
    made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return made if isinstance(made, ast.Name) and made.id[:1].isupper() else None


class WrongException(Operator):
    """An exception of another class is raised.

    Before: `raise ValueError("too small")`
    After: `raise KeyError("too small")`
    """

    name = "wrong-exception"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each exception that is raised, or two: another one of the module, a related one."""
        names = [name for node in source.nodes(ast.Raise) if (name := raised(node))]
        known = list(dict.fromkeys(name.id for name in names))
        for name in names:
            others = [known[(known.index(name.id) + 1) % len(known)], RELATED.get(name.id, "ValueError")]
            for other in dict.fromkeys(others):
                if other != name.id:
                    yield from source.replace(name, other)


class BroadException(Operator):
    """More, or fewer, kinds of exceptions are caught than should be.

    Before:
        try:
            total += int(text)
        except ValueError:
            refused += 1
    After:
        try:
            total += int(text)
        except Exception:
            refused += 1
    """

    name = "broad-exception"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield edits for each kind of exception that is caught or suppressed: all kinds, or only one of them."""
        caught = [handler.type for handler in source.nodes(ast.ExceptHandler) if handler.type is not None]
        caught += [kind for call in source.nodes(ast.Call) if called(call) == "suppress" for kind in call.args]
        for kind in caught:
            if source.text_of(kind) != "Exception":
                yield from source.replace(kind, "Exception")
            if isinstance(kind, ast.Tuple):
                for only in kind.elts:
                    yield from source.replace(kind, source.text_of(only))
            elif (name := source.text_of(kind)) in RELATED:
                yield from source.replace(kind, RELATED[name])


class SwallowedException(Operator):
    """What goes wrong goes unnoticed.

    Before:
        if number < 0:
            raise ValueError("too small")
    After:
        if number < 0:
            return None
    """

    name = "swallowed-exception"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each handler: it does nothing; and for each exception raised in a function: None."""
        for handler in source.nodes(ast.ExceptHandler):
            first, last = handler.body[0], handler.body[-1]
            if source.stands_alone(first) and not isinstance(first, ast.Pass):
                yield spanning(begin(first), end(last), "pass")
        for function in source.functions():
            for node in source.nodes(ast.Raise, within=function):
                if source.stands_alone(node):
                    yield spanning(begin(node), end(node), "return None")
