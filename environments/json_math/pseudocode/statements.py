"""Statements compiled to closures.

A closure of a statement returns nothing, `BREAK`, `CONTINUE`, or a tuple of the value that is returned. Blocks keep
their statements in lists, so that one can be taken out and put back without compiling again; `Site` says where.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentgym.environments.json_math.pseudocode import loops, operations
from agentgym.environments.json_math.pseudocode.compile import Code, Entry, Expressions, Scope, unset
from agentgym.environments.json_math.pseudocode.items import (
    BREAK,
    CONTINUE,
    Compiled,
    Item,
    Parts,
    Run,
    Site,
    assigned,
    first_target,
)
from agentgym.environments.json_math.pseudocode.loops import Write
from agentgym.environments.json_math.pseudocode.operations import Frame, Value
from agentgym.environments.json_math.pseudocode.tree import (
    Assign,
    Augment,
    Binary,
    Block,
    Count,
    Do,
    Each,
    Expression,
    If,
    Leave,
    Name,
    Program,
    Return,
    Statement,
    Swap,
    Target,
    While,
)
from agentgym.environments.json_math.pseudocode.values import out_of_work


def compiled(program: Program, *, profiled: bool = False) -> Compiled:
    """Return a program that can run.

    Args:
        program: its tree.
        profiled: whether it notes how often each statement runs, which makes it slower.

    Raises:
        PseudocodeError: it calls what is no function, or with too few or too many arguments.
    """
    parts = Parts(profiled)
    entries = {f.name: Entry(f.name, f.line, f.parameters) for f in program.functions}
    slots: dict[str, int] = {}
    whole = _Statements(Expressions(Scope(slots, slots), entries, parts.machine), parts)
    for name in assigned(program.body):
        slots.setdefault(name, len(slots))
    for function in program.functions:
        names = {
            name: slot for slot, name in enumerate(dict.fromkeys([*function.parameters, *assigned(function.body)]))
        }
        inner = _Statements(Expressions(Scope(names, slots), entries, parts.machine), parts)
        entry = entries[function.name]
        entry.body, entry.height, _ = inner.block(function.body)
        entry.unset = unset(len(names) - len(function.parameters))
    body, height, _ = whole.block(program.body)
    last = max([statement.line for statement in program.body], default=1)
    parts.machine.base = height
    return Compiled(parts.machine, slots, body, parts.sites, parts.counts, parts.spent, last)


class _Statements:
    """What compiles the statements of one scope."""

    def __init__(self, expressions: Expressions, parts: Parts) -> None:
        self.expressions = expressions
        self.parts = parts
        self.m = parts.machine

    def block(self, block: Block) -> tuple[Run, int, list[Item]]:
        """Return what runs a block, how many frames it nests, and the list of its statements."""
        items: list[Item] = []
        height = 0
        for statement in block:
            key = len(self.parts.counts)
            self.parts.counts.append(0)
            self.parts.spent.append(0)
            code, bodies, body = self.statement(statement, key)
            items.append(Item(code.run, code.cost, key, statement.line))
            read = None
            if isinstance(statement, Assign | Augment) and (target := first_target(statement)):
                read = self.expressions.code(target, statement.line).run
            site = Site(statement.line, statement, key, items, items[-1], bodies, body, read)
            self.parts.sites.append(site)
            height = max(height, code.height)
        run = self.profiled(items) if self.parts.profiled else self.plain(items)
        return run, height + 1, items

    def plain(self, items: list[Item]) -> Run:
        m = self.m

        def run(frame: Frame) -> Any:
            for act, cost, _, line in items:
                m.left -= cost
                if m.left < 0:
                    out_of_work(line)
                signal = act(frame)
                if signal is not None:
                    return signal
            return None

        return run

    def profiled(self, items: list[Item]) -> Run:
        m, counts, spent = self.m, self.parts.counts, self.parts.spent

        def run(frame: Frame) -> Any:
            for act, cost, key, line in items:
                before = m.left
                m.left -= cost
                if m.left < 0:
                    out_of_work(line)
                counts[key] += 1
                signal = act(frame)
                spent[key] += before - m.left
                if signal is not None:
                    return signal
            return None

        return run

    def statement(self, statement: Statement, key: int) -> tuple[Code, Sequence[list[Item]], Run | None]:
        """Return a statement's closure, the statements of its blocks, and what runs its block if it has only one."""
        match statement:
            case If():
                return self.branches(statement, key)
            case While(line, condition, block):
                body, height, items = self.block(block)
                test = self.expressions.code(condition, line)
                return Code(loops.repeat(test, body, self.m, line), 1, 1 + max(height, test.height)), [items], body
            case Count(_, _, _, _, _, _, block) | Each(_, _, _, block):
                body, height, items = self.block(block)
                code = self.loop(statement, body)
                return Code(code.run, code.cost, 1 + max(height, code.height)), [items], body
            case _:
                return self.simple(statement), (), None

    def loop(self, statement: Count | Each, body: Run) -> Code:
        """Return a for loop."""
        if isinstance(statement, Count):
            return loops.count(statement, body, self.expressions)
        writes = [self.write(Name(name), statement.line) for name in statement.names]
        return loops.each(statement, body, writes, self.expressions)

    def simple(self, statement: Statement) -> Code:
        match statement:
            case Assign(line, targets, values):
                return self.assign(line, targets, values)
            case Augment(line, target, operator, value):
                return self.assign(line, (target,), (Binary(operator, target, value),))
            case Swap(line, first, second):
                return self.assign(line, (first, second), (second, first))
            case Do(line, call):
                code = self.expressions.call(call.function, call.arguments, line, stands_alone=True)
                return Code(ignoring(code.run), code.cost, code.height + 1)
            case Return(line, value):
                if value is None:
                    return Code(lambda frame: (None,), 1, 1)
                code = self.expressions.code(value, line)
                give = code.run
                return Code(lambda frame: (give(frame),), code.cost, code.height + 1)
            case Leave(_, word):
                signal = BREAK if word == "break" else CONTINUE
                return Code(lambda frame: signal, 1, 1)
        raise AssertionError(f"the parser makes no {statement}")

    def assign(self, line: int, targets: Sequence[Target], values: Sequence[Expression]) -> Code:
        codes = [self.expressions.code(value, line) for value in values]
        writes = [self.write(target, line) for target in targets]
        cost = 1 + sum(code.cost for code in codes)
        height = 3 + max(code.height for code in codes)
        value = codes[0].run
        if len(targets) == 1:
            target = targets[0]
            if isinstance(target, Name):
                slot = self.expressions.scope.slots[target.name]

                def name(frame: Frame) -> None:
                    frame[slot] = value(frame)

                return Code(name, cost, height)
            write = writes[0]
            return Code(lambda frame: write(frame, value(frame)), cost + 2, height)
        runs, several = [code.run for code in codes], len(codes) > 1

        def unpack(frame: Frame) -> None:
            found = [run(frame) for run in runs] if several else value(frame)
            for write, item in zip(writes, loops.several_values(found, len(writes), line), strict=True):
                write(frame, item)

        return Code(unpack, cost + len(targets), height)

    def write(self, target: Target, line: int) -> Write:
        if isinstance(target, Name):
            slot = self.expressions.scope.slots[target.name]

            def name(frame: Frame, value: Any) -> None:
                frame[slot] = value

            return name
        base, index = self.expressions.code(target.base, line).run, self.expressions.code(target.place, line).run
        store = operations.store

        def element(frame: Frame, value: Any) -> None:
            whole = base(frame)
            store(whole, index(frame), value, line)

        return element

    def branches(self, statement: If, key: int) -> tuple[Code, Sequence[list[Item]], Run | None]:
        truth = operations.truth
        branches: list[tuple[Value, Run, int]] = []
        bodies: list[list[Item]] = []
        cost, height = 1, 1
        for line, condition, block in statement.branches:
            test = self.expressions.code(condition, line)
            body, inner, items = self.block(block)
            branches.append((test.run, body, line))
            bodies.append(items)
            cost, height = cost + test.cost, max(height, test.height, inner)
            if len(statement.branches) > 1:
                self.parts.sites.append(Site(line, None, key, branches, branches[-1], [items]))
        others: list[Run] = []
        if statement.other is not None:
            other, inner, items = self.block(statement.other)
            others.append(other)
            bodies.append(items)
            height = max(height, inner)
            self.parts.sites.append(Site(statement.other_line, None, key, others, other, [items]))

        def run(frame: Frame) -> Any:
            for test, body, line in branches:
                if truth(test(frame), line):
                    return body(frame)
            return others[0](frame) if others else None

        return Code(run, cost, height + 1), bodies, branches[0][1] if len(bodies) == 1 else None


def ignoring(run: Value) -> Run:
    """Return what runs a call and forgets its value."""

    def act(frame: Frame) -> None:
        run(frame)

    return act
