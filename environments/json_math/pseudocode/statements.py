"""Statements compiled to closures.

A closure of a statement returns nothing, `BREAK`, `CONTINUE`, or a tuple of the value that is returned. Blocks keep
their statements in lists, so that one can be taken out and put back without compiling again; `Site` says where.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agentgym.environments.json_math.pseudocode import operations
from agentgym.environments.json_math.pseudocode.compile import Code, Entry, Expressions, Scope, unset
from agentgym.environments.json_math.pseudocode.operations import Frame, Value
from agentgym.environments.json_math.pseudocode.tokens import fail
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
from agentgym.environments.json_math.pseudocode.values import Machine, described, from_key, out_of_work

BREAK, CONTINUE = "break", "continue"
Run = Callable[[Frame], Any]
Write = Callable[[Frame, Any], None]


class Item(NamedTuple):
    """A statement of a block: its closure, its units of work, its number in the program, and its line."""

    run: Run
    cost: int
    key: int
    line: int


class Site(NamedTuple):
    """Something that can be taken out of a compiled program.

    Attributes:
        line: where it starts.
        statement: what it is; None for a branch of an if.
        key: its number; that of the whole if, for a branch.
        container: the list that holds it.
        item: what the list holds.
        bodies: the blocks of a statement, each a list of items.
        body: what runs the only block of a statement, if it has one.
        read: for an assignment to one place, what reads it.
    """

    line: int
    statement: Statement | None
    key: int
    container: list[Any]
    item: Any
    bodies: Sequence[list[Item]] = ()
    body: Run | None = None
    read: Value | None = None


@dataclass(frozen=True)
class Compiled:
    """A program that can run.

    Attributes:
        machine: its state.
        slots: where each name has its place among the program's variables.
        body: what it does.
        sites: what can be taken out of it.
        counts: how often each statement has run, if it was compiled for that.
        spent: and what work it and the blocks in it have done.
        last_line: its last line.
    """

    machine: Machine
    slots: dict[str, int]
    body: Run
    sites: Sequence[Site]
    counts: list[int]
    spent: list[int]
    last_line: int


@dataclass
class _Parts:
    """What the statements of a program share while they are compiled."""

    profiled: bool
    machine: Machine = field(default_factory=Machine)
    sites: list[Site] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    spent: list[int] = field(default_factory=list)


def compiled(program: Program, *, profiled: bool = False) -> Compiled:
    """Return a program that can run.

    Args:
        program: its tree.
        profiled: whether it notes how often each statement runs, which makes it slower.

    Raises:
        PseudocodeError: it calls what is no function, or with too few or too many arguments.
    """
    parts = _Parts(profiled)
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


def assigned(block: Block) -> list[str]:
    """Return the names that a block gives values to, in the order in which they first get one."""
    names: list[str] = []
    for statement in block:
        match statement:
            case Assign(_, targets, _):
                names += [target.name for target in targets if isinstance(target, Name)]
            case Augment(_, Name(name), _, _):
                names.append(name)
            case Swap(_, first, second):
                names += [target.name for target in (first, second) if isinstance(target, Name)]
            case If(_, branches, _, other):
                for branch in branches:
                    names += assigned(branch.body)
                names += assigned(other or ())
            case While(_, _, body):
                names += assigned(body)
            case Count(_, name, _, _, _, _, body):
                names += [name, *assigned(body)]
            case Each(_, each, _, body):
                names += [*each, *assigned(body)]
            case _:
                pass
    return list(dict.fromkeys(names))


class _Statements:
    """What compiles the statements of one scope."""

    def __init__(self, expressions: Expressions, parts: _Parts) -> None:
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
                return Code(self.repeat(test, body, line), 1, 1 + max(height, test.height)), [items], body
            case Count(_, _, _, _, _, _, block) | Each(_, _, _, block):
                body, height, items = self.block(block)
                code = self.count(statement, body) if isinstance(statement, Count) else self.each(statement, body)
                return Code(code.run, code.cost, 1 + max(height, code.height)), [items], body
            case _:
                return self.simple(statement), (), None

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
            for write, item in zip(writes, several_values(found, len(writes), line), strict=True):
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

    def repeat(self, test: Code, body: Run, line: int) -> Run:
        m, condition, cost, truth = self.m, test.run, test.cost + 1, operations.truth

        def run(frame: Frame) -> Any:
            while truth(condition(frame), line):
                m.left -= cost
                if m.left < 0:
                    out_of_work(line)
                signal = body(frame)
                if signal is not None and signal is not CONTINUE:
                    return None if signal is BREAK else signal
            return None

        return run

    def count(self, statement: Count, body: Run) -> Code:
        """Return a loop over integers; its bounds are taken once, and its variable keeps its last value."""
        line, m = statement.line, self.m
        slot = self.expressions.scope.slots[statement.name]
        first, last = self.expressions.code(statement.first, line), self.expressions.code(statement.last, line)
        step = None if statement.step is None else self.expressions.code(statement.step, line)
        down = statement.down
        start, end, stride = first.run, last.run, step.run if step else operations.constant(1)

        def run(frame: Frame) -> Any:
            for number in numbers(start(frame), end(frame), stride(frame), line, down=down):
                m.left -= 1
                if m.left < 0:
                    out_of_work(line)
                frame[slot] = number
                signal = body(frame)
                if signal is not None and signal is not CONTINUE:
                    return None if signal is BREAK else signal
            return None

        codes = [first, last, *([step] if step else [])]
        return Code(run, 1 + sum(code.cost for code in codes), max(code.height for code in codes))

    def each(self, statement: Each, body: Run) -> Code:
        """Return a loop over the elements that a list, string or map has when the loop begins."""
        line, m = statement.line, self.m
        writes = [self.write(Name(name), line) for name in statement.names]
        source = self.expressions.code(statement.source, line)
        take, only = source.run, writes[0] if len(writes) == 1 else None

        def run(frame: Frame) -> Any:
            for element in elements(take(frame), m, line):
                m.left -= 1
                if m.left < 0:
                    out_of_work(line)
                if only:
                    only(frame, element)
                else:
                    for write, part in zip(writes, several_values(element, len(writes), line), strict=True):
                        write(frame, part)
                signal = body(frame)
                if signal is not None and signal is not CONTINUE:
                    return None if signal is BREAK else signal
            return None

        return Code(run, 1 + source.cost, source.height)


def first_target(statement: Assign | Augment) -> Target | None:
    """Return the only target of an assignment, if it has only one."""
    if isinstance(statement, Augment):
        return statement.target
    return statement.targets[0] if len(statement.targets) == 1 else None


def ignoring(run: Value) -> Run:
    """Return what runs a call and forgets its value."""

    def act(frame: Frame) -> None:
        run(frame)

    return act


def several_values(value: Any, count: int, line: int) -> list[Any]:
    """Return the elements of a list for as many names."""
    if type(value) is not list or len(value) != count:
        fail(line, f"{count} names get {described(value)}")
    return list(value)


def numbers(first: Any, last: Any, step: Any, line: int, *, down: bool) -> range:
    """Return the integers of a loop, both ends included."""
    for bound in (first, last, step):
        if type(bound) is not int:
            fail(line, f"a loop runs over integers, not to or by {described(bound)}")
    if step == 0:
        fail(line, "a loop with step 0 does not end")
    if down:
        return range(first, last - 1, -abs(step))
    return range(first, last + 1, step) if step > 0 else range(first, last - 1, step)


def elements(value: Any, m: Machine, line: int) -> list[Any]:
    """Return the elements of a list or string, or the keys of a map."""
    if type(value) not in (list, str, dict):
        fail(line, f"for each runs over a list, string or map, not over {described(value)}")
    m.sized(len(value), line)
    return [from_key(key) for key in value] if type(value) is dict else list(value)
