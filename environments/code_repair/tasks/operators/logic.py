"""Mistakes in conditions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source, begin, end


class Connective(Operator):
    """`and` and `or` are mixed up.

    Before: `if ready and willing:`
    After: `if ready or willing:`
    """

    name = "connective"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `and` and `or`."""
        for node in source.nodes(ast.BoolOp):
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from source.replace_between(left, right, old, new)


class DroppedClause(Operator):
    """One part of a condition is missing.

    Before: `if found and position > 0:`
    After: `if found:`
    """

    name = "dropped-clause"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield two edits for each condition of several parts and each chain of comparisons: no end, no beginning."""
        for node in source.nodes(ast.expr):
            parts = node.values if isinstance(node, ast.BoolOp) else []
            if isinstance(node, ast.Compare) and len(node.ops) > 1:
                parts = [node.left, *node.comparators]
            if len(parts) == 2:
                for kept in parts:
                    yield from source.replace_bare(node, source.text_of(kept))
            elif parts and "(" not in source.text(end(parts[0]), begin(parts[1])):
                yield from source.cut(begin(node), begin(parts[1]))
                if "(" not in source.text(end(parts[-2]), begin(parts[-1])):
                    yield from source.cut(end(parts[-2]), end(node))


class NegatedCondition(Operator):
    """A condition is the wrong way round.

    Before: `if text.isdigit():`
    After: `if not text.isdigit():`
    """

    name = "negated-condition"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `not`, and for each name or call that is a condition, or part of one."""
        for node in source.nodes(ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                yield from source.replace(node, source.text_of(node.operand))
        for branch in source.nodes(ast.AST):
            if isinstance(branch, ast.If | ast.While | ast.IfExp):
                yield from self._negated(source, branch.test)

    def _negated(self, source: Source, test: ast.expr) -> Iterator[Edit]:
        for part in test.values if isinstance(test, ast.BoolOp) else [test]:
            if isinstance(part, ast.Name | ast.Call | ast.Attribute):
                yield from source.replace(part, f"not {source.text_of(part)}")


class SwappedBranches(Operator):
    """Both results of a conditional expression are mixed up.

    Before: `word = "one" if count == 1 else "many"`
    After: `word = "many" if count == 1 else "one"`
    """

    name = "swapped-branches"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each conditional expression."""
        for node in source.nodes(ast.IfExp):
            body, test, orelse = (source.text_of(part) for part in (node.body, node.test, node.orelse))
            yield from source.replace(node, f"{orelse} if {test} else {body}")


class BooleanLiteral(Operator):
    """`True` and `False` are mixed up.

    Before: `found = False`
    After: `found = True`
    """

    name = "boolean-literal"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `True` and `False`."""
        for node in source.nodes(ast.Constant):
            if isinstance(node.value, bool):
                yield from source.replace(node, str(not node.value))
