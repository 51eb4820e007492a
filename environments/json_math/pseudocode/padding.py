"""Lines that do nothing: those that never run, and those without which nothing changes.

A line matters if, without it, some case has another result, or fails, or the rest of the program does more work. So an
early exit matters, and so does a table that saves computing something twice. A line that keeps numbers small with mod
matters if it ever makes one smaller. Found out by taking lines out and running the cases again: each statement with its
block; the head of an `if` or loop whose block always runs just once; two statements that follow one another or give
values to one name, as two that undo each other change nothing together; three or four that give values to one name, and
assignments of any number that follow one another. Last, copies such as `y = x` are taken out with x in place of y.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Any, NamedTuple

from pydantic import JsonValue

from agentgym.environments.json_math.pseudocode.copies import copies
from agentgym.environments.json_math.pseudocode.items import Compiled, Item, Site, first_target
from agentgym.environments.json_math.pseudocode.judge import same
from agentgym.environments.json_math.pseudocode.operations import Frame
from agentgym.environments.json_math.pseudocode.parse import parse
from agentgym.environments.json_math.pseudocode.run import run, with_room
from agentgym.environments.json_math.pseudocode.statements import compiled
from agentgym.environments.json_math.pseudocode.tokens import text_lines
from agentgym.environments.json_math.pseudocode.tree import (
    Assign,
    Augment,
    Binary,
    Name,
    Program,
    PseudocodeError,
    Statement,
)
from agentgym.environments.json_math.pseudocode.values import WORK

# Work that may be done to find padding; a program that needs more is slow everywhere, and is not accused.
SEARCH_WORK = 3_000_000
# What each group of more than two lines costs of it, so that there are not too many.
GROUP_WORK = 1_500
MAX_NAMED = 3


class Trace(NamedTuple):
    """One case as the whole program ran it: its result, its work, and the work of each statement with its block."""

    inputs: Mapping[str, JsonValue]
    result: JsonValue
    work: int
    spent: Sequence[int]


class Edit(NamedTuple):
    """Statements to be taken out together, or one whose block is to stand in its place."""

    sites: Sequence[Site]
    unwraps: bool = False

    def removed(self, spent: Sequence[int]) -> int:
        """Return the work that goes away with it."""
        if self.unwraps:
            site = self.sites[0]
            return spent[site.key] - sum(spent[item.key] for item in site.bodies[0])
        return sum(_spent(site, spent) for site in self.sites)

    def fault(self) -> str:
        """Return how it is named as padding."""
        *first, last = (str(site.line) for site in self.sites)
        lines = f"{', '.join(first)} and {last}" if first else last
        if self.unwraps:
            return f"line {lines} changes nothing: what it opens always runs just once"
        if len(self.sites) > 1:
            return f"lines {lines} together change nothing"
        below = " and its block change" if self.sites[0].bodies else " changes"
        return f"line {lines}{below} nothing"


def padding(text: str, cases: Sequence[Mapping[str, Any]]) -> str:
    """Return which lines of a program do nothing on any case; empty if all do something.

    A program that cannot be read or fails on a case is not judged, since it is wrong anyway.

    Args:
        text: the program.
        cases: as for `wrong_case`; they should reach every line that the statement's inputs can need.
    """
    empty = [number for number, line in enumerate(text_lines(text), 1) if not line.partition("#")[0].strip()]
    if empty:
        return f"line {empty[0]} is empty or only a comment"
    try:
        return with_room(lambda: "; ".join(_faults(parse(text), [case["inputs"] for case in cases])))
    except PseudocodeError:
        return ""


def _faults(tree: Program, inputs: Sequence[Mapping[str, JsonValue]]) -> list[str]:
    profiled = compiled(tree, profiled=True)
    traces = sorted((_trace(profiled, each) for each in inputs), key=lambda trace: trace.work)
    idle = [site.line for site in profiled.sites if site.statement is not None and not profiled.counts[site.key]]
    if idle:
        return [f"line {min(idle)} never runs"]
    plain = compiled(tree)
    search = _Search(plain, traces)
    given = {name for each in inputs for name in each}
    for found in (
        _idle(search, _edits(plain.sites, traces, profiled.counts)),
        _copies(tree, search, given),
        _idle(search, map(Edit, _groups(plain.sites))),
    ):
        if faults := list(islice(found, MAX_NAMED)):
            return faults
    return []


def _idle(search: _Search, edits: Iterable[Edit]) -> Iterator[str]:
    """Yield what is wrong with statements without which nothing changes."""
    for edit in edits:
        if search.left < 0:
            break
        if search.changes_nothing(edit):
            yield edit.fault()


def _copies(tree: Program, search: _Search, inputs: set[str]) -> Iterator[str]:
    """Yield what is wrong with lines that give a value another name, where its own name would do."""
    for copy in copies(tree, inputs):
        if search.left < 0:
            break
        other = _Search(compiled(copy.without), search.traces, search.left)
        if all(other.same(trace, trace.work) for trace in other.traces):
            yield f"line {copy.line} only copies: what it copies can be used directly"
        search.left = other.left


def _trace(program: Compiled, inputs: Mapping[str, JsonValue]) -> Trace:
    program.spent[:] = [0] * len(program.spent)
    result = run(program, inputs)
    return Trace(inputs, result, WORK - program.machine.left, tuple(program.spent))


def _spent(site: Site, spent: Sequence[int]) -> int:
    """Return the work of a statement, or of the block of a branch."""
    if site.statement is not None:
        return spent[site.key]
    return sum(spent[item.key] for items in site.bodies for item in items)


def _edits(sites: Sequence[Site], traces: Sequence[Trace], counts: Sequence[int]) -> Iterator[Edit]:
    """Yield what to try: single statements, most work first, then those wrapped around others, then pairs."""
    singles = [Edit([site]) for site in sites]
    work = {id(edit): sum(edit.removed(trace.spent) for trace in traces) for edit in singles}
    yield from sorted(singles, key=lambda edit: -work[id(edit)])
    for site in sites:
        if site.body is not None and counts[site.bodies[0][0].key] == counts[site.key]:
            yield Edit([site], unwraps=True)
    pairs = combinations([site for site in sites if site.statement is not None], 2)
    yield from (Edit(pair) for pair in pairs if _may_cancel(*pair))


def _groups(sites: Sequence[Site]) -> Iterator[Sequence[Site]]:
    """Yield three or four assignments to one name, and longer rows of assignments."""
    named: dict[str, list[Site]] = {}
    for site in sites:
        if name := _assigned_name(site.statement):
            named.setdefault(name, []).append(site)
    for group in named.values():
        for size in (3, 4):
            yield from combinations(group, size)
    for row in _rows([site for site in sites if isinstance(site.statement, Assign | Augment)]):
        for start, end in combinations(range(len(row) + 1), 2):
            if end - start > 2:
                yield row[start:end]


def _rows(sites: Sequence[Site]) -> Iterator[Sequence[Site]]:
    """Yield the longest rows of statements that follow one another in one block."""
    row: list[Site] = []
    for site in sites:
        if row and (site.container is not row[-1].container or _place(site) != _place(row[-1]) + 1):
            yield row
            row = []
        row.append(site)
    yield row


def _may_cancel(first: Site, second: Site) -> bool:
    """Tell whether two statements might undo each other: they follow one another, or give values to one name."""
    if first.container is second.container:
        places = [_place(site) for site in (first, second)]
        if abs(places[0] - places[1]) == 1:
            return True
    name = _assigned_name(first.statement)
    return bool(name) and name == _assigned_name(second.statement)


def _assigned_name(statement: Statement | None) -> str:
    target = first_target(statement) if isinstance(statement, Assign | Augment) else None
    return target.name if isinstance(target, Name) else ""


def _place(site: Site) -> int:
    return next(i for i, item in enumerate(site.container) if item is site.item)


class _Search:
    """What takes lines out of a program and runs its cases again."""

    def __init__(self, program: Compiled, traces: Sequence[Trace], left: int = SEARCH_WORK) -> None:
        self.program = program
        self.traces = traces
        self.left = left

    def changes_nothing(self, edit: Edit) -> bool:
        """Tell whether a program does the same, with no more work, without some of its lines."""
        self.left -= GROUP_WORK * (len(edit.sites) > 2)
        originals = [(site.container, list(site.container)) for site in edit.sites]
        for site in edit.sites:
            place = _place(site)
            kept = [Item(site.body, 0, site.key, site.line)] if edit.unwraps and site.body else []
            site.container[place : place + 1] = kept
        try:
            unchanged = all(self.same(trace, trace.work - edit.removed(trace.spent)) for trace in self.traces)
        finally:
            for container, items in reversed(originals):
                container[:] = items
        return unchanged and not (len(edit.sites) == 1 and not edit.unwraps and self.reduces(edit.sites[0]))

    def same(self, trace: Trace, work: int) -> bool:
        """Tell whether a case has the same result for so much work."""
        try:
            result = run(self.program, trace.inputs, work)
        except PseudocodeError:
            return False
        finally:
            self.left -= work - max(self.program.machine.left, 0)
        return same(result, trace.result)

    def reduces(self, site: Site) -> bool:
        """Tell whether a line takes a value modulo something and ever makes it smaller by that."""
        value = site.statement
        if not (isinstance(value, Augment) and value.operator == "mod"):
            if not isinstance(value, Assign) or not isinstance(value.values[0], Binary):
                return False
            if value.values[0].operator != "mod" or value.values[0].left != first_target(value):
                return False
        smaller: list[bool] = []
        read, act = site.read, site.item.run
        assert read is not None, "an assignment to one place can be read"

        def watched(frame: Frame) -> None:
            before = read(frame)
            act(frame)
            smaller.append(abs(read(frame)) < abs(before))

        place = _place(site)
        site.container[place] = site.item._replace(run=watched)
        for trace in self.traces:
            run(self.program, trace.inputs)
        site.container[place] = site.item
        return any(smaller)
