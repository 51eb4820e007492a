"""Trees compiled to closures, which run several times faster than a walk over the tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from agentgym.environments.json_math.pseudocode import operations
from agentgym.environments.json_math.pseudocode.functions import ALIASES, AS_VALUE, FUNCTIONS, MANY
from agentgym.environments.json_math.pseudocode.operations import Frame, Value
from agentgym.environments.json_math.pseudocode.tokens import fail
from agentgym.environments.json_math.pseudocode.tree import (
    Binary,
    Call,
    Choose,
    Compare,
    Expression,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Slice,
    Unary,
)
from agentgym.environments.json_math.pseudocode.values import UNSET, Machine, as_key

# The interpreter nests at most so many frames, so that its own stack never runs out before the program's allowance.
MAX_FRAMES = 900


class Code(NamedTuple):
    """A compiled expression: what it runs, its units of work, and how many frames it nests."""

    run: Value
    cost: int
    height: int


class Entry:
    """A function of the program; `body` is filled in once it is compiled."""

    def __init__(self, name: str, line: int, parameters: Sequence[str]) -> None:
        """Note a function before it is compiled."""
        self.name = name
        self.line = line
        self.parameters = parameters
        self.body: Callable[[Frame], Any] = lambda frame: None
        self.unset: list[Any] = []
        self.height = 0


class Scope(NamedTuple):
    """Where names are looked up: in the frame itself, and where they are not in it, in the program's variables."""

    slots: dict[str, int]
    program: dict[str, int]

    @property
    def is_program(self) -> bool:
        """Tell whether the frame holds the program's own variables."""
        return self.slots is self.program


class Expressions:
    """What compiles the expressions of one scope."""

    def __init__(self, scope: Scope, entries: Mapping[str, Entry], machine: Machine) -> None:
        """Compile for a scope, with the functions that there are, to run on a machine."""
        self.scope = scope
        self.entries = entries
        self.m = machine

    def code(self, expression: Expression, line: int) -> Code:
        """Return the closure of an expression.

        Raises:
            PseudocodeError: it calls what is no function, or with too few or too many arguments.
        """
        match expression:
            case Literal(value):
                return Code(operations.constant(value), 1, 1)
            case Name(name):
                return Code(self.read(name, line), 1, 1)
            case Binary(operator, left, right):
                return self.binary(operator, self.code(left, line), self.code(right, line), line)
            case Compare(first, rest):
                return self.compare(first, rest, line)
            case Index(base, index):
                return self.index(self.code(base, line), self.code(index, line), line)
            case Call(function, arguments):
                return self.call(function, arguments, line)
            case Unary(operator, operand):
                return self.unary(operator, self.code(operand, line), line)
            case ListOf(items):
                codes = [self.code(item, line) for item in items]
                runs = [code.run for code in codes]
                return joined(lambda frame: [run(frame) for run in runs], codes, extra=1)
            case MapOf(pairs):
                return self.map(pairs, line)
            case Choose(condition, then, other):
                return self.choose(self.code(condition, line), self.code(then, line), self.code(other, line), line)
            case Slice(base, first_index, end):
                return self.slice(base, first_index, end, line)

    def read(self, name: str, line: int) -> Value:
        """Return what reads a variable."""
        if name in self.scope.slots:
            return operations.local(self.scope.slots[name], name, line)
        slot = self.scope.program.setdefault(name, len(self.scope.program))
        if self.scope.is_program:
            return operations.local(slot, name, line)
        return operations.outer(slot, name, line, self.m)

    def binary(self, operator: str, left: Code, right: Code, line: int) -> Code:
        """Return two operands joined."""
        if operator in ("and", "or"):
            join = operations.both if operator == "and" else operations.either
            return joined(join(left.run, right.run, line), [left, right])
        return joined(operations.JOINS[operator](left.run, right.run, self.m, line), [left, right])

    def compare(self, first: Expression, rest: Sequence[tuple[str, Expression]], line: int) -> Code:
        """Return a chain of comparisons; each operand is evaluated once."""
        codes = [self.code(operand, line) for operand in (first, *(operand for _, operand in rest))]
        tests = [operations.compared(sign, self.m, line) for sign, _ in rest]
        left, right, test = codes[0].run, codes[1].run, tests[0]
        if len(tests) == 1:
            return joined(lambda frame: test(left(frame), right(frame)), codes)
        steps = list(zip(tests, [code.run for code in codes[1:]], strict=True))

        def chain(frame: Frame) -> bool:
            value = left(frame)
            for test, operand in steps:
                following = operand(frame)
                if not test(value, following):
                    return False
                value = following
            return True

        return joined(chain, codes)

    def index(self, base: Code, index: Code, line: int) -> Code:
        """Return what takes an element; the common case of a list is kept short."""
        whole, place, element = base.run, index.run, operations.element

        def run(frame: Frame) -> Any:
            values, at = whole(frame), place(frame)
            if type(values) is list and type(at) is int and 0 <= at < len(values):
                return values[at]
            return element(values, at, line)

        return joined(run, [base, index])

    def unary(self, operator: str, operand: Code, line: int) -> Code:
        """Return `-` or `not` of an operand."""
        value, truth = operand.run, operations.truth
        if operator == "not":
            return joined(lambda frame: not truth(value(frame), line), [operand])
        minus = operations.minus
        return joined(lambda frame: minus(value(frame), line), [operand])

    def map(self, pairs: Sequence[tuple[Expression, Expression]], line: int) -> Code:
        """Return what makes a map."""
        keys, values = [self.code(key, line) for key, _ in pairs], [self.code(value, line) for _, value in pairs]
        runs = [(key.run, value.run) for key, value in zip(keys, values, strict=True)]
        return joined(lambda frame: {as_key(k(frame), line): v(frame) for k, v in runs}, keys + values, extra=1)

    def choose(self, condition: Code, then: Code, other: Code, line: int) -> Code:
        """Return one of two values."""
        test, yes, no, truth = condition.run, then.run, other.run, operations.truth
        return joined(lambda f: yes(f) if truth(test(f), line) else no(f), [condition, then, other])

    def slice(self, base: Expression, first: Expression | None, end: Expression | None, line: int) -> Code:
        """Return what takes a part of a list or string."""
        codes = [self.code(operand, line) for operand in (base, first or Literal(0))]
        stop = None if end is None else self.code(end, line)
        run = operations.part(codes[0].run, codes[1].run, stop and stop.run, self.m, line)
        return joined(run, [*codes, stop] if stop else codes)

    def call(self, name: str, arguments: Sequence[Expression], line: int, *, stands_alone: bool = False) -> Code:
        """Return a call of a function of the program or, if it has none of this name, of the language."""
        if name in self.entries:
            return self.call_entry(self.entries[name], arguments, line)
        known = ALIASES.get(name.lower(), name.lower())
        if not stands_alone:
            known = AS_VALUE.get(known, known)
        if known not in FUNCTIONS:
            fail(line, f"there is no function {name}; the language has {', '.join(FUNCTIONS)}")
        function = FUNCTIONS[known]
        if not function.least <= len(arguments) <= function.most:
            wanted = f"{function.least} or more" if function.most == MANY else f"{function.least} to {function.most}"
            fail(line, f"{name} takes {wanted} arguments, not {len(arguments)}")
        if stands_alone and not function.acts:
            fail(line, f"{name} only has a value; a line of its own does nothing with it")
        if known in ("floor", "ceil") and isinstance(arguments[0], Binary) and arguments[0].operator == "/":
            left, right = self.code(arguments[0].left, line), self.code(arguments[0].right, line)
            divide = operations.quotient if known == "floor" else operations.rounded_up
            return joined(divide(left.run, right.run, self.m, line), [left, right], extra=1)
        codes = [self.code(argument, line) for argument in arguments]
        act, m, runs = function.run, self.m, [code.run for code in codes]
        if len(runs) == 1:
            only = runs[0]
            return joined(lambda frame: act(m, line, only(frame)), codes)
        return joined(lambda frame: act(m, line, *[run(frame) for run in runs]), codes, extra=1)

    def call_entry(self, entry: Entry, arguments: Sequence[Expression], line: int) -> Code:
        """Return a call of a function of the program."""
        if len(arguments) != len(entry.parameters):
            fail(line, f"{entry.name} takes {len(entry.parameters)} arguments, not {len(arguments)}")
        codes = [self.code(argument, line) for argument in arguments]
        m, runs = self.m, [code.run for code in codes]

        def run(frame: Frame) -> Any:
            inner = [run(frame) for run in runs]
            inner += entry.unset
            m.frames += entry.height
            if m.frames > MAX_FRAMES:
                fail(line, f"calls of {entry.name} nested too deep; write a loop")
            signal = entry.body(inner)
            m.frames -= entry.height
            return None if signal is None else signal[0]

        return joined(run, codes, extra=1)


def joined(run: Value, codes: Sequence[Code], extra: int = 0) -> Code:
    """Return a closure with the cost and height that follow from those inside it."""
    cost = 1 + sum(code.cost for code in codes)
    return Code(run, cost, 1 + max([extra, *(code.height + (extra > 0) for code in codes)]))


def unset(count: int) -> list[Any]:
    """Return the values of names that have none yet."""
    return [UNSET] * count
