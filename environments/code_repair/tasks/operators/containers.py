"""Mistakes with lists, dictionaries and other containers: copies, order, ends, keys, elements."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import pairwise

from agentgym.environments.code_repair.tasks.operators.reading import (
    arguments_of,
    called,
    changed_within,
    rename_method,
    subject,
    with_argument,
    without_argument,
    without_method,
)
from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source, begin, end, spanning

OPPOSITES: Mapping[type[ast.cmpop], str] = {
    ast.Lt: ">=",
    ast.LtE: ">",
    ast.Gt: "<=",
    ast.GtE: "<",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
COPIERS = ("list", "dict", "copy", "deepcopy", "replace")


def copied(node: ast.AST) -> ast.expr | None:
    """Return what a node is a copy of, or None if it is no copy."""
    if isinstance(node, ast.Call) and called(node) in COPIERS:
        if isinstance(node.func, ast.Attribute) and called(node) == "copy" and not node.args:
            return node.func.value
        return node.args[0] if len(node.args) == 1 and not isinstance(node.args[0], ast.GeneratorExp) else None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        part = node.slice
        return node.value if part.lower is None and part.upper is None and part.step is None else None
    if isinstance(node, ast.List | ast.Set) and len(node.elts) == 1 and isinstance(node.elts[0], ast.Starred):
        return node.elts[0].value
    return node.values[0] if isinstance(node, ast.Dict) and node.keys == [None] else None


class MissingCopy(Operator):
    """Two names stand for the same object where one should stand for a copy.

    Before: `rows = [list(row) for row in matrix]`
    After: `rows = [row for row in matrix]`
    """

    name = "missing-copy"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each copy, and for each list of new lists: it becomes one list, many times over."""
        for node in source.nodes(ast.expr):
            original = copied(node)
            if original is not None and not isinstance(original, ast.Starred):
                yield from source.replace(node, source.text_of(original))
            if isinstance(node, ast.ListComp) and len(node.generators) == 1:
                counted = node.generators[0].iter
                anew = isinstance(node.elt, ast.List | ast.BinOp | ast.Dict)
                if anew and called(counted) == "range" and source.text_of(node.generators[0].target) == "_":
                    count = (
                        ", ".join(source.text_of(a) for a in arguments_of(counted))
                        if isinstance(counted, ast.Call)
                        else ""
                    )
                    yield from source.replace(node, f"[{source.text_of(node.elt)}] * {count}")


def opposite(source: Source, condition: ast.expr) -> str:
    """Return the text of a condition that holds where this one does not."""
    text = source.text_of(condition)
    if isinstance(condition, ast.Compare) and len(condition.ops) == 1:
        symbol = OPPOSITES[type(condition.ops[0])]
        return f"{source.text_of(condition.left)} {symbol} {source.text_of(condition.comparators[0])}"
    if isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
        return source.text_of(condition.operand)
    return f"not {text}" if isinstance(condition, ast.Name | ast.Call | ast.Attribute) else f"not ({text})"


class MutationWhileIterating(Operator):
    """A list loses elements while a loop goes over it.

    Before:
        kept = [value for value in values if value > limit]
    After:
        kept = list(values)
        for value in kept:
            if value <= limit:
                kept.remove(value)
    """

    name = "mutation-while-iterating"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each list of the elements that meet a condition, and each loop over a copy it changes."""
        for node in source.nodes(ast.stmt):
            if isinstance(node, ast.For):
                original = copied(node.iter)
                if original is not None and subject(original) in changed_within(node):
                    yield from source.replace(node.iter, source.text_of(original))
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.Return) and source.stands_alone(node):
                yield from self._removing(source, node)

    def _removing(self, source: Source, node: ast.Assign | ast.AnnAssign | ast.Return) -> Iterator[Edit]:
        value = node.value
        if not isinstance(value, ast.ListComp) or len(value.generators) > 1 or not value.generators[0].ifs:
            return
        clause, indent = value.generators[0], "\n" + " " * node.col_offset
        element = source.text_of(value.elt)
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        name = "kept" if isinstance(node, ast.Return) else target.id if isinstance(target, ast.Name) else ""
        if not name or element != source.text_of(clause.target) or value.lineno != value.end_lineno:
            return
        condition = " or ".join(opposite(source, part) for part in clause.ifs)
        head = "kept = " if isinstance(node, ast.Return) else source.text(begin(node), begin(value))
        text = f"{head}list({source.text_of(clause.iter)}){indent}for {element} in {name}:"
        text += f"{indent}    if {condition}:{indent}        {name}.remove({element})"
        text += f"{indent}return kept" if isinstance(node, ast.Return) else ""
        yield spanning(begin(node), end(node), text)


class SortOrder(Operator):
    """Things are sorted by the wrong key or the wrong way round.

    Before: `for name in sorted(names):`
    After: `for name in sorted(names, reverse=True):`
    """

    name = "sort-order"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield edits for each call that sorts or that looks for an extreme: direction, key, parts of the key."""
        for node in source.nodes(ast.Call):
            if called(node) not in ("sorted", "sort", "min", "max", "nlargest", "nsmallest", "groupby"):
                continue
            named = {argument.arg: argument for argument in node.keywords}
            for argument in (named[name] for name in ("reverse", "key") if name in named):
                yield from without_argument(source, node, arguments_of(node).index(argument))
            if "reverse" not in named and called(node) in ("sorted", "sort"):
                yield from with_argument(source, node, "reverse=True")
            key = named["key"].value if "key" in named else None
            if isinstance(key, ast.Lambda) and isinstance(key.body, ast.Tuple) and len(key.body.elts) > 1:
                first, second = key.body.elts[:2]
                yield from source.swap(first, second)
                yield from source.replace(key.body, source.text_of(first))


class WrongEnd(Operator):
    """The first element is taken instead of the last, or the other way round.

    Before: `town = route[-1]`
    After: `town = route[0]`
    """

    name = "wrong-end"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each first and last element, and for each method that works at one end."""
        methods: Mapping[str, str] = {
            "popleft": "pop",
            "appendleft": "append",
            "bisect_left": "bisect_right",
            "bisect_right": "bisect_left",
            "bisect": "bisect_left",
            "insort": "insort_left",
        }
        for node in source.nodes(ast.expr):
            if isinstance(node, ast.Subscript):
                other = {"0": "-1", "-1": "0"}.get(source.text_of(node.slice), "")
                if other:
                    yield from source.replace(node.slice, other)
            elif isinstance(node, ast.Call) and called(node) in methods:
                yield from rename_method(source, node, methods[called(node)])
            elif isinstance(node, ast.Call) and called(node) == "pop" and not node.args:
                yield from with_argument(source, node, "0")
            elif isinstance(node, ast.Call) and called(node) == "pop" and source.text_of(node.args[0]) == "0":
                yield from without_argument(source, node, 0)


class SlicePart(Operator):
    """The wrong part of a sequence is taken.

    Before: `word = word[width:]`
    After: `word = word[:width]`
    """

    name = "slice-part"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each slice: the other side of its bound, no end, no step."""
        for node in source.nodes(ast.Slice):
            lower, upper = (source.text_of(part) if part else "" for part in (node.lower, node.upper))
            if node.step is not None:
                yield from source.replace(node, f"{lower}:{upper}")
            elif lower and upper:
                yield from source.replace(node, f"{lower}:")
                yield from source.replace(node, f":{upper}")
            elif lower or upper:
                yield from source.replace(node, f"{upper}:{lower}")


class WrongIteration(Operator):
    """A loop counts from the wrong number, or goes over something a little different.

    Before: `for position, value in enumerate(values):`
    After: `for position, value in enumerate(values, 1):`
    """

    name = "wrong-iteration"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `enumerate`, each range from 0, each `zip` of a shifted list, and each `values`."""
        for node in source.nodes(ast.Call):
            function, count = called(node), len(arguments_of(node))
            if function == "enumerate" and count == 1:
                yield from with_argument(source, node, "1")
            elif function == "enumerate":
                yield from without_argument(source, node, 1)
            elif function == "range" and count == 1:
                yield from source.replace(node.args[0], f"1, {source.text_of(node.args[0])}")
            elif function == "zip":
                for part in node.args:
                    if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Slice):
                        yield from source.replace(part, source.text_of(part.value))
            elif function == "values" and count == 0:
                yield from without_method(source, node)


class WrongKey(Operator):
    """One key is mixed up with another one.

    Before: `total = row["price"] * row["count"]`
    After: `total = row["count"] * row["count"]`
    """

    name = "wrong-key"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each text that is a key, and for each two neighbours in a written-out dictionary."""
        uses: dict[str, list[ast.expr]] = {}
        for node in source.nodes(ast.expr):
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                uses.setdefault(source.text_of(node.value), []).append(node.slice)
            elif isinstance(node, ast.Call) and called(node) in ("get", "pop") and isinstance(node.func, ast.Attribute):
                uses.setdefault(source.text_of(node.func.value), []).extend(node.args[:1])
            elif isinstance(node, ast.Dict):
                keys = [key for key in node.keys if isinstance(key, ast.Constant)]
                for first, second in pairwise(keys):
                    yield from source.swap(first, second)
        for keys_of_one in uses.values():
            texts = [key for key in keys_of_one if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            known = list(dict.fromkeys(source.text_of(key) for key in texts))
            for key in texts if len(known) > 1 else []:
                yield from source.replace(key, known[(known.index(source.text_of(key)) + 1) % len(known)])


class SwappedUnpacking(Operator):
    """The parts of a value go to the wrong variables.

    Before: `for start, end in intervals:`
    After: `for end, start in intervals:`
    """

    name = "swapped-unpacking"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each two neighbours among the variables that a value is taken apart into."""
        for node in source.nodes(ast.Tuple):
            if isinstance(node.ctx, ast.Store):
                for first, second in pairwise(node.elts):
                    if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
                        yield from source.swap(first, second)


class SwappedElements(Operator):
    """The parts of a value are in the wrong order.

    Before: `runs.append([count, character])`
    After: `runs.append([character, count])`
    """

    name = "swapped-elements"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each two neighbours in a list or tuple of at most four that is no constant."""
        for node in source.nodes(ast.expr):
            if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load) and len(node.elts) <= 4:
                for first, second in pairwise(node.elts):
                    if not isinstance(first, ast.Constant) or not isinstance(second, ast.Constant):
                        yield from source.swap(first, second)
