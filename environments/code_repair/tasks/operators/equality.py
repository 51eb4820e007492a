"""Mistakes in what kind of comparison is made, and in what a condition or calculation takes in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from agentgym.environments.code_repair.tasks.operators.reading import called
from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source, begin, end, spanning


def is_none(node: ast.AST) -> bool:
    """Tell whether a node is `None`."""
    return isinstance(node, ast.Constant) and node.value is None


class FalsyForNone(Operator):
    """Zero, an empty text or an empty list is taken for None.

    Before: `if best is None:`
    After: `if not best:`
    """

    name = "falsy-for-none"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each comparison with None."""
        for node in source.nodes(ast.Compare):
            if len(node.ops) == 1 and is_none(node.comparators[0]):
                value = source.text_of(node.left)
                if isinstance(node.ops[0], ast.Is | ast.IsNot) and isinstance(node.left, ast.Name | ast.Attribute):
                    yield from source.replace(node, f"not {value}" if isinstance(node.ops[0], ast.Is) else value)


class ComparisonKind(Operator):
    """Identity, equality and membership are mixed up.

    Before: `if first == second:`
    After: `if first is second:`
    """

    name = "comparison-kind"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `==`, `in` and their opposites, but none that compares a literal's identity."""
        becomes = {ast.Eq: ("==", "is"), ast.NotEq: ("!=", "is not"), ast.In: ("in", "=="), ast.NotIn: ("not in", "!=")}
        for node in source.nodes(ast.Compare):
            for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                literal = any(isinstance(side, ast.Constant | ast.Tuple | ast.List | ast.Set) for side in (left, right))
                if type(op) in becomes and not (literal and isinstance(op, ast.Eq | ast.NotEq)):
                    yield from source.replace_between(left, right, *becomes[type(op)])


class FloatEquality(Operator):
    """Equality is asked for where it is enough to be close, or to be on one side.

    Before: `if abs(total - wanted) < tolerance:`
    After: `if total == wanted:`
    """

    name = "float-equality"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each test for closeness, each rounding in a comparison, and each `<=` and `>=`."""
        for call in source.nodes(ast.Call):
            if called(call) == "isclose" and len(call.args) >= 2:
                yield from source.replace(call, " == ".join(source.text_of(argument) for argument in call.args[:2]))
        for node in source.nodes(ast.Compare):
            if isinstance(node.ops[0], ast.LtE | ast.GtE) and len(node.ops) == 1:
                symbol = "<=" if isinstance(node.ops[0], ast.LtE) else ">="
                yield from source.replace_between(node.left, node.comparators[0], symbol, "==")
            yield from self._exact(source, node)

    def _exact(self, source: Source, node: ast.Compare) -> Iterator[Edit]:
        call = node.left
        if not isinstance(call, ast.Call) or len(node.ops) > 1 or not call.args:
            return
        value = call.args[0]
        if called(call) == "round":
            yield from source.replace(call, source.text_of(value))
        elif called(call) == "abs" and isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub):
            symbol = "==" if isinstance(node.ops[0], ast.Lt | ast.LtE) else "!="
            yield from source.replace(node, f"{source.text_of(value.left)} {symbol} {source.text_of(value.right)}")


class DroppedFilter(Operator):
    """All elements are taken instead of those that meet a condition.

    Before: `ready = [job for job in jobs if job.waits]`
    After: `ready = [job for job in jobs]`
    """

    name = "dropped-filter"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each condition in a comprehension."""
        for clause in source.nodes(ast.comprehension):
            for previous, condition in zip([clause.iter, *clause.ifs], clause.ifs, strict=False):
                if re.fullmatch(r"\s+if\s+", source.text(end(previous), begin(condition))):
                    yield spanning(end(previous), end(condition), "")


class DroppedParentheses(Operator):
    """Operators are applied in another order, since parentheses are missing.

    Before: `middle = (low + high) // 2`
    After: `middle = low + high // 2`
    """

    name = "dropped-parentheses"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each operand in parentheses that make a difference."""
        for node in source.nodes(ast.expr):
            if isinstance(node, ast.BinOp):
                operands = [node.left, node.right]
            elif isinstance(node, ast.UnaryOp):
                operands = [node.operand]
            else:
                operands = node.values if isinstance(node, ast.BoolOp) else []
            if node.lineno == node.end_lineno:
                for operand in operands:
                    yield from self._bare(source, node, operand)

    def _bare(self, source: Source, node: ast.expr, operand: ast.expr) -> Iterator[Edit]:
        line = source.lines[node.lineno - 1]
        first, last = operand.col_offset - 1, (operand.end_col_offset or 0) + 1
        start, stop = node.col_offset, node.end_col_offset or 0
        if start <= first and last <= stop and line[first] + line[last - 1] == "()":
            text = line[first + 1 : last - 1]
            bare = line[start:first] + text + line[last:stop]
            if not isinstance(operand, ast.NamedExpr) and ast.dump(ast.parse(bare)) != ast.dump(
                ast.parse(line[start:stop])
            ):
                yield Edit(node.lineno, first, node.lineno, last, text)


class DroppedTerm(Operator):
    """One part of a calculation is missing.

    Before: `price = net + tax`
    After: `price = net`
    """

    name = "dropped-term"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each sum, difference, product and remainder: its right side goes."""
        for node in source.nodes(ast.BinOp):
            known = isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Mod | ast.BitOr)
            if known and not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)):
                closing = re.match(r"[\s)]*\)|", source.text(end(node.left), begin(node.right)))
                first = end(node.left)
                if source.text_of(node).startswith(source.text_of(node.left)):
                    yield from source.replace_bare(node, source.text_of(node.left))
                    continue
                yield from source.cut(
                    first._replace(column=first.column + len(closing[0] if closing else "")), end(node)
                )


class MissingLimit(Operator):
    """A value is not kept within its limit.

    Before: `fee = min(started * hourly, daily)`
    After: `fee = started * hourly`
    """

    name = "missing-limit"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield two edits for each `min` and `max` of two values: one of them stays."""
        for node in source.nodes(ast.Call):
            if called(node) in ("min", "max") and isinstance(node.func, ast.Name) and len(node.args) == 2:
                for kept in sorted(node.args, key=lambda argument: isinstance(argument, ast.Constant)):
                    if not isinstance(kept, ast.Starred | ast.GeneratorExp) and not node.keywords:
                        yield from source.replace(node, source.text_of(kept))
