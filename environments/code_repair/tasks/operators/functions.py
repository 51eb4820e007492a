"""Mistakes with parameters, closures, remembered results, objects and the methods of their base classes."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping

from agentgym.environments.code_repair.tasks.operators.reading import (
    arguments_of,
    called,
    imported,
    is_super_call,
    parameters,
)
from agentgym.environments.code_repair.tasks.operators.source import (
    Edit,
    Operator,
    Place,
    Source,
    begin,
    end,
    spanning,
)

EMPTY = frozenset({"[]", "{}", "set()", "dict()", "list()", "deque()", "defaultdict(list)", "defaultdict(int)"})
KEEPERS = frozenset({"add", "get", "setdefault", "pop", "discard"})


def new_parameter(source: Source, function: ast.FunctionDef, text: str) -> Iterator[Edit]:
    """Yield the edit that adds a last parameter to a function that takes a fixed number of them."""
    arguments = function.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        return
    known: list[ast.expr | ast.arg] = [*arguments.posonlyargs, *arguments.args, *arguments.defaults]
    if known:
        place = max(end(node) for node in known)
        yield spanning(place, place, f", {text}")
    elif found := re.match(r"\s*def \w+\(", source.lines[function.lineno - 1]):
        place = Place(function.lineno, found.end())
        yield spanning(place, place, text)


class MutableDefault(Operator):
    """A list or dictionary is made once for all calls, as a parameter's default, instead of in each call.

    Before:
        def gather(values):
            found = []
            found.extend(values)
            return found
    After:
        def gather(values, found=[]):
            found.extend(values)
            return found
    """

    name = "mutable-default"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each variable or attribute that begins empty in a function, and each default of None."""
        for function in source.functions():
            for statement in function.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                    if source.text_of(statement.value) in EMPTY:
                        yield from self._moved(source, function, statement, statement.value)
                elif isinstance(statement, ast.If):
                    yield from self._without_guard(source, function, statement)

    def _moved(
        self, source: Source, function: ast.FunctionDef, statement: ast.Assign | ast.AnnAssign, value: ast.expr
    ) -> Iterator[Edit]:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        empty = source.text_of(value)
        if isinstance(target, ast.Name) and target.id not in parameters(function):
            text = source.text_of(statement) if isinstance(statement, ast.AnnAssign) else f"{target.id}={empty}"
            yield from source.together(new_parameter(source, function, text), source.remove(statement))
        elif isinstance(target, ast.Attribute) and target.attr not in parameters(function):
            added = new_parameter(source, function, f"{target.attr}={empty}")
            yield from source.together(added, source.replace(value, target.attr))

    def _without_guard(self, source: Source, function: ast.FunctionDef, guard: ast.If) -> Iterator[Edit]:
        arguments = function.args.args
        defaults = dict(
            zip((argument.arg for argument in reversed(arguments)), reversed(function.args.defaults), strict=False)
        )
        found = re.fullmatch(r"if (\w+) is None:\s+(\w+) = (\S+)", source.text_of(guard))
        if found and found[1] == found[2] and found[1] in defaults and found[3] in EMPTY:
            yield from source.together(source.replace(defaults[found[1]], found[3]), source.remove(guard))


class LateBinding(Operator):
    """Something is worked out late, when it is used, and no longer early, when it is written down.

    Before: `names = [name for name in known]`
    After: `names = (name for name in known)`
    """

    name = "late-binding"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each default that keeps a value, each `partial`, and each variable that is a new list."""
        for node in source.nodes(ast.AST):
            if isinstance(node, ast.Lambda | ast.FunctionDef):
                yield from self._without_default(source, node)
            elif isinstance(node, ast.Call) and called(node) == "partial" and node.args and not node.keywords:
                function, *given = (source.text_of(argument) for argument in node.args)
                yield from source.replace(node, f"lambda *rest: {function}({', '.join([*given, '*rest'])})")
            elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.ListComp):
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                    continue
                text = source.text_of(node.value)
                yield spanning(begin(node.value), end(node.value), f"({text[1:-1]})")

    def _without_default(self, source: Source, node: ast.Lambda | ast.FunctionDef) -> Iterator[Edit]:
        arguments, defaults = node.args.args, node.args.defaults
        if not defaults or node.args.kwonlyargs or node.args.vararg or node.args.kwarg:
            return
        last, default = arguments[-1], defaults[-1]
        if isinstance(default, ast.Name) and default.id == last.arg:
            if len(defaults) > 1:
                yield from source.cut(end(defaults[-2]), end(default))
            elif len(arguments) > 1:
                yield from source.cut(end(arguments[-2]), end(default))
            else:
                first = begin(last)
                space = isinstance(node, ast.Lambda)
                yield from source.cut(first._replace(column=first.column - space), end(default))


class MemoKey(Operator):
    """What a result is remembered by lacks something that the result depends on.

    Before: `memo[left, right] = total`
    After: `memo[left] = total`
    """

    name = "memo-key"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield two edits for each tuple that is a key: its first or last part is missing wherever it is used."""
        for function in source.functions():
            same: dict[str, list[ast.Tuple]] = {}
            keys: set[str] = set()
            parents = {id(child): node for node in source.nodes(ast.AST, within=function)
                       for child in ast.iter_child_nodes(node)}  # fmt: skip
            for node in source.nodes(ast.Tuple, within=function):
                if isinstance(node.ctx, ast.Load) and len(node.elts) > 1 and node.lineno == node.end_lineno:
                    text = source.text_of(node).strip("()") if node.elts else ""
                    same.setdefault(text, []).append(node)
                    if is_key(parents.get(id(node)), node):
                        keys.add(text)
            for text in same:
                if text in keys:
                    for kept in (slice(None, -1), slice(1, None)):
                        shorter = [source.replace(node, self._shorter(source, node, kept)) for node in same[text]]
                        yield from source.together(*shorter)

    def _shorter(self, source: Source, node: ast.Tuple, kept: slice) -> str:
        parts = [source.text_of(element) for element in node.elts[kept]]
        text = ", ".join(parts)
        return f"({text})" if len(parts) > 1 and source.text_of(node).startswith("(") else text


def is_key(parent: ast.AST | None, node: ast.Tuple) -> bool:
    """Tell whether a tuple is looked up in a dictionary or set, put into one, or is called a key."""
    if isinstance(parent, ast.Subscript):
        return not any(isinstance(part, ast.Slice) for part in node.elts)
    if isinstance(parent, ast.Compare):
        return isinstance(parent.ops[0], ast.In | ast.NotIn) and parent.left is node
    if isinstance(parent, ast.Call):
        return called(parent) in KEEPERS and parent.args[0] is node
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        return "key" in parent.targets[0].id or "state" in parent.targets[0].id
    return isinstance(parent, ast.DictComp) or (isinstance(parent, ast.Dict) and node in parent.keys)


class StaleArgument(Operator):
    """A call passes on a value as it was, and not as it should be for that call.

    Before: `rest = walk(path, depth + 1)`
    After: `rest = walk(path, depth)`
    """

    name = "stale-argument"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each argument of a function of the program that is made out of a variable."""
        for call in source.nodes(ast.Call):
            own = isinstance(call.func, ast.Name) and not hasattr(builtins, call.func.id)
            own = own or (isinstance(call.func, ast.Attribute) and source.text_of(call.func.value) == "self")
            for value in [*call.args, *(named.value for named in call.keywords)] if own else []:
                made_of: ast.expr | None = None
                if isinstance(value, ast.BinOp):
                    made_of = value.left if isinstance(value.left, ast.Name | ast.Attribute) else value.right
                elif isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Slice):
                    made_of = value.value
                elif isinstance(value, ast.List | ast.Tuple) and value.elts and isinstance(value.elts[0], ast.Starred):
                    made_of = value.elts[0].value
                elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
                    made_of = value.func.value
                if isinstance(made_of, ast.Name | ast.Attribute):
                    yield from source.replace(value, source.text_of(made_of))


class DroppedSuper(Operator):
    """The class above does not do its part.

    Before:
        super().__init__(name)
        self.limit = limit
    After:
        self.limit = limit
    """

    name = "dropped-super"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each step that a base class makes, and for each argument that it is given last."""
        for statement in source.nodes(ast.Expr):
            call = statement.value
            if isinstance(call, ast.Call) and is_super_call(call):
                yield from source.remove(statement)
                given = [source.text_of(argument) for argument in arguments_of(call)]
                if given:
                    yield from source.replace(call, f"{source.text_of(call.func)}({', '.join(given[:-1])})")


def attribute_types(source: Source) -> Mapping[str, str]:
    """Return the annotations of the module's variables, attributes and parameters, by name."""
    types: dict[str, str] = {}
    for node in source.nodes(ast.AST):
        if not isinstance(node, ast.AnnAssign | ast.arg):
            continue
        target = node.target if isinstance(node, ast.AnnAssign) else node
        name = target.arg if isinstance(target, ast.arg) else source.text_of(target).rpartition(".")[2]
        if node.annotation is not None:
            types.setdefault(name, source.text_of(node.annotation))
    return types


class WrongAttribute(Operator):
    """Another attribute of the same object is used.

    Before: `area = shape.width * shape.height`
    After: `area = shape.height * shape.height`
    """

    name = "wrong-attribute"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each attribute that is read: the next one of the object, of its type if there is one."""
        modules, types = imported(source), attribute_types(source)
        for scope in [*source.nodes(ast.ClassDef), *source.functions()]:
            methods = {id(call.func) for call in source.nodes(ast.Call, within=scope)}
            uses: dict[str, list[ast.Attribute]] = {}
            for node in source.nodes(ast.Attribute, within=scope):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                known = owner not in modules | {""} and (owner == "self") == isinstance(scope, ast.ClassDef)
                if known and id(node) not in methods:
                    uses.setdefault(owner, []).append(node)
            for owner, attributes in uses.items():
                names = list(dict.fromkeys(node.attr for node in attributes))
                for node in attributes:
                    position = names.index(node.attr)
                    others = [*names[position + 1 :], *names[:position]]
                    alike = [other for other in others if types.get(other) == types.get(node.attr)]
                    if isinstance(node.ctx, ast.Load) and others:
                        yield from source.replace(node, f"{owner}.{[*alike, *others][0]}")
