"""Mistakes in the values of constants, defaults and variables, and in how numbers are rounded."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from agentgym.environments.code_repair.tasks.operators.reading import (
    ASSIGNING,
    called,
    literal_text,
    rename_method,
    targets,
)
from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source, begin, end, spanning

ROUNDERS: Mapping[str, str] = {"ceil": "floor", "floor": "ceil", "trunc": "round", "quantize": "normalize"}
MODES: Mapping[str, str] = {
    "ROUND_HALF_UP": "ROUND_HALF_EVEN",
    "ROUND_HALF_EVEN": "ROUND_HALF_DOWN",
    "ROUND_HALF_DOWN": "ROUND_HALF_UP",
    "ROUND_DOWN": "ROUND_UP",
    "ROUND_UP": "ROUND_DOWN",
    "ROUND_FLOOR": "ROUND_DOWN",
    "ROUND_CEILING": "ROUND_UP",
}
MARKS: Mapping[str, str] = {",": ";", ";": ",", "-": "_", "_": "-", ":": "=", "=": ":", "/": "|", ".": ",", " ": "  "}


def slips(source: Source, node: ast.expr) -> Iterator[Edit]:
    """Yield an edit that makes a literal a little wrong: one digit more or less, another letter case, another mark."""
    value = node.value if isinstance(node, ast.Constant) else None
    text = literal_text(source, node)
    if type(value) is int:
        if value >= 10:
            yield from source.replace(node, str(value // 10 if value % 10 == 0 else value + 10))
        else:
            yield from source.replace(node, str(value + 1))
    elif text is not None:
        other = text.lower() if text == text.capitalize() else text.capitalize()
        other = MARKS.get(text, other) if "\\" not in text else text
        if other != text:
            yield from source.replace(node, f'"{other}"')


# What is written by mistake in place of a first or usual value.
NEXT_BEST = {"0": "1", "1": "0", "-1": "0", "None": "0", '""': '" "', "True": "False", "False": "True"}


class ConstantMismatch(Operator):
    """A constant is not what the rest of the program, often in other modules, takes it for.

    Before:
        HOURLY_CENTS = 250
    After:
        HOURLY_CENTS = 25
    """

    name = "constant-mismatch"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield edits for the values of constants of modules and classes, and for elements that they lose."""
        owners: list[ast.Module | ast.ClassDef] = [source.tree, *source.nodes(ast.ClassDef)]
        for statement in (statement for owner in owners for statement in owner.body):
            value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
            if value is not None and any(isinstance(t, ast.Name) and t.id.isupper() for t in targets(statement)):
                for part in source.nodes(ast.expr, within=statement):
                    if part not in targets(statement) and not isinstance(part, ast.Name):
                        yield from slips(source, part)
                        yield from self._shortened(source, part)

    def _shortened(self, source: Source, node: ast.expr) -> Iterator[Edit]:
        elements = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else []
        elements = node.values if isinstance(node, ast.Dict) else elements
        if len(elements) >= 3 and "(" not in source.text(end(elements[-2]), begin(elements[-1])):
            yield spanning(end(elements[-2]), end(elements[-1]), "")


class WrongConstant(Operator):
    """One constant is used in another one's place.

    Before:
        fee = hours * HOURLY_CENTS + days * DAILY_CENTS
    After:
        fee = hours * DAILY_CENTS + days * DAILY_CENTS
    """

    name = "wrong-constant"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each use of a constant: the next one of the same kind in the module takes its place."""
        kinds = {name: kind for statement in source.tree.body for name, kind in self._kinds(statement)}
        uses = [name for name in source.nodes(ast.Name) if name.id.isupper() and len(name.id) > 1]
        for use in uses:
            names = dict.fromkeys(name.id for name in uses if kinds.get(name.id) == kinds.get(use.id))
            others = list(names)
            if isinstance(use.ctx, ast.Load) and len(others) > 1:
                yield from source.replace(use, others[(others.index(use.id) + 1) % len(others)])

    def _kinds(self, statement: ast.stmt) -> Iterator[tuple[str, str]]:
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        kind = type(value.value if isinstance(value, ast.Constant) else value).__name__.replace("BinOp", "int")
        for target in targets(statement):
            if isinstance(target, ast.Name):
                yield target.id, kind


class InitialValue(Operator):
    """A variable begins at the wrong value.

    Before:
        total = 0
        total += amount
    After:
        total = 1
        total += amount
    """

    name = "initial-value"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each first value, if it is plain, of a variable that gets another one later."""
        for function in source.functions():
            statements = [node for node in source.nodes(ast.stmt, within=function) if isinstance(node, ASSIGNING)]
            counts = Counter(
                target.id for node in statements for target in targets(node) if isinstance(target, ast.Name)
            )
            for statement in statements:
                names = [target for target in targets(statement) if isinstance(target, ast.Name)]
                if statement.value is not None and any(counts[name.id] > 1 for name in names):
                    for name in names:
                        counts[name.id] = 0
                    values = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
                    for value in values:
                        yield from self._other(source, value)

    def _other(self, source: Source, value: ast.expr) -> Iterator[Edit]:
        text = source.text_of(value)
        plain = NEXT_BEST | {"0.0": "1.0"}
        if text in plain:
            yield from source.replace(value, plain[text])
        elif (isinstance(value, ast.Subscript) and text.endswith("[0]")) or called(value) in ("float", "Decimal"):
            yield from source.replace(value, "0")
        elif isinstance(value, ast.List) and len(value.elts) == 1:
            yield from source.replace(value, "[]")
        elif isinstance(value, ast.Set) and len(value.elts) == 1:
            yield from source.replace(value, "set()")


class WrongDefault(Operator):
    """What is taken where nothing is given is wrong.

    Before: `price = prices.get(name, 0)`
    After: `price = prices.get(name, 1)`
    """

    name = "wrong-default"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each default of a lookup and of a parameter."""
        for node in source.nodes(ast.AST):
            if isinstance(node, ast.Call) and called(node) in ("get", "pop", "setdefault", "next", "getattr"):
                if len(node.args) >= 2:
                    yield from self._other(source, node.args[-1])
                elif called(node) == "get" and len(node.args) == 1:
                    yield from source.replace(node.args[0], f"{source.text_of(node.args[0])}, 0")
            elif isinstance(node, ast.arguments):
                for default in [*node.defaults, *node.kw_defaults]:
                    if isinstance(default, ast.Constant):
                        yield from self._other(source, default)
            elif isinstance(node, ast.keyword) and node.arg == "default":
                yield from self._other(source, node.value)

    def _other(self, source: Source, value: ast.expr) -> Iterator[Edit]:
        text = source.text_of(value)
        plain = NEXT_BEST | {"[]": "None"}
        if text in plain:
            yield from source.replace(value, plain[text])
        elif isinstance(value, ast.Constant):
            yield from slips(source, value)
        else:
            yield from source.replace(value, "None")


class Rounding(Operator):
    """A number is rounded another way.

    Before: `parts = total // size`
    After: `parts = round(total / size)`
    """

    name = "rounding"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each rounding function, each mode of rounding, and each division without remainder."""
        for node in source.nodes(ast.expr):
            if isinstance(node, ast.Call) and called(node) in ROUNDERS:
                yield from rename_method(source, node, ROUNDERS[called(node)])
            elif isinstance(node, ast.Call) and called(node) == "round" and node.args:
                yield from source.replace(node, f"int({source.text_of(node.args[0])})")
            elif isinstance(node, ast.Call) and called(node) == "int" and node.args:
                if isinstance(node.args[0], ast.BinOp):
                    yield from rename_method(source, node, "round")
            elif isinstance(node, ast.Name | ast.Attribute) and source.text_of(node).rpartition(".")[2] in MODES:
                head, dot, mode = source.text_of(node).rpartition(".")
                yield from source.replace(node, f"{head}{dot}{MODES[mode]}")
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
                yield from self._divided(source, node)

    def _divided(self, source: Source, node: ast.BinOp) -> Iterator[Edit]:
        text = source.text_of(node)
        if text.count("//") == 1 and node.lineno == node.end_lineno:
            yield from source.replace(node, f"round({text.replace('//', '/')})")
        left = node.left
        if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add) and text.startswith("("):
            yield from source.replace_bare(left, source.text_of(left.left))


class StaleVariable(Operator):
    """A value is used as it was before it was worked on.

    Before:
        cleaned = line.strip()
        fields.append(cleaned)
    After:
        cleaned = line.strip()
        fields.append(line)
    """

    name = "stale-variable"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield two edits at most for each variable made out of one other: it is used where the new one should be."""
        for function in source.functions():
            names = list(source.nodes(ast.Name, within=function))
            local = {name.id for name in names if isinstance(name.ctx, ast.Store)}
            local |= {argument.arg for argument in function.args.args}
            for statement in source.nodes(ast.Assign, within=function):
                target, value = statement.targets[0], statement.value
                made_of = [name.id for name in source.nodes(ast.Name, within=value) if name.id in local - {"self"}]
                made = isinstance(value, ast.Call | ast.BinOp | ast.Subscript | ast.ListComp)
                if made and isinstance(target, ast.Name) and len(set(made_of)) == 1 and made_of[0] != target.id:
                    later = [n for n in names if n.id == target.id and isinstance(n.ctx, ast.Load)]
                    for name in [name for name in later if begin(name) > end(statement)][:2]:
                        yield from source.replace(name, made_of[0])
