"""Mistakes in what statements there are, in their order, and in where they stand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from agentgym.environments.code_repair.tasks.operators.reading import (
    ASSIGNING,
    SIMPLE,
    Loop,
    assigned,
    changed,
    changed_within,
    first_bindings,
    is_super_call,
    mentioned,
    names_in,
)
from agentgym.environments.code_repair.tasks.operators.source import Edit, Operator, Source, begin, spanning

LONGEST_LOST_LOOP = 4


def loop_updates(loop: ast.While) -> Iterator[ast.stmt]:
    """Yield the statements of a loop that change what its condition is about."""
    wanted = mentioned(loop.test)
    for node in ast.walk(loop):
        if isinstance(node, ast.stmt) and changed(node) & wanted:
            yield node


class LostLoopUpdate(Operator):
    """What a loop waits for never happens.

    Before:
        while position < length:
            total += position
            position += 1
    After:
        while position < length:
            total += position
    """

    name = "lost-loop-update"
    hangs = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each statement of a `while` loop that changes what its condition is about."""
        for loop in source.nodes(ast.While):
            for statement in loop_updates(loop):
                yield from source.remove(statement)


class DroppedAssignment(Operator):
    """A variable, an attribute or an element does not get its new value.

    Before:
        total += amount
        largest = max(largest, amount)
    After:
        total += amount
    """

    name = "dropped-assignment"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each assignment that is not the first one of its variable, and keeps no loop going."""
        kept = {id(node) for loop in source.nodes(ast.While) for node in loop_updates(loop)}
        for function in source.functions():
            firsts = first_bindings(function) | kept
            for statement in source.nodes(ast.stmt, within=function):
                if isinstance(statement, ASSIGNING) and id(statement) not in firsts and function.name != "__init__":
                    yield from source.remove(statement)


class DroppedStatement(Operator):
    """A step is missing.

    Before:
        visited.add(town)
        route.append(town)
    After:
        visited.add(town)
    """

    name = "dropped-statement"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each call whose result is not used, and for each deletion."""
        kept = {id(node) for loop in source.nodes(ast.While) for node in loop_updates(loop)}
        for statement in source.nodes(ast.stmt):
            call = statement.value if isinstance(statement, ast.Expr) else None
            wanted = isinstance(statement, ast.Delete) or (isinstance(call, ast.Call) and not is_super_call(call))
            if wanted and id(statement) not in kept:
                yield from source.remove(statement)


class DroppedBranch(Operator):
    """A case is not dealt with.

    Before:
        if sign == "+":
            total += amount
        elif sign == "-":
            total -= amount
        else:
            refused += 1
    After:
        if sign == "+":
            total += amount
        else:
            refused += 1
    """

    name = "dropped-branch"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `elif`, `else` and `case`."""
        for node in source.nodes(ast.stmt):
            if isinstance(node, ast.If) and source.is_elif(node):
                yield source.without_lines(node.lineno, node.body[-1].end_lineno or node.lineno)
            if isinstance(node, ast.If) and node.orelse and not source.is_elif(node.orelse[0]):
                line = node.orelse[0].lineno - 1
                if source.lines[line - 1].strip() == "else:":
                    yield source.without_lines(line, node.orelse[-1].end_lineno or line)
            if isinstance(node, ast.Match) and len(node.cases) > 1:
                for case in node.cases:
                    yield source.without_lines(case.pattern.lineno, case.body[-1].end_lineno or 0)


class DroppedGuard(Operator):
    """A special case is not sorted out before the rest.

    Before:
        if number < 0:
            raise ValueError("too small")
        total += number
    After:
        total += number
    """

    name = "dropped-guard"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `if` without `else` that ends by leaving the block."""
        for node in source.nodes(ast.If):
            leaves = isinstance(node.body[-1], ast.Raise | ast.Return | ast.Continue | ast.Break)
            if leaves and not node.orelse and len(source.block_of(node)) > 1:
                yield from source.remove(node)


class DroppedLoop(Operator):
    """Something is done at most once that should be done again and again, or not at all.

    Before:
        while len(word) > width:
            word = word[width:]
    After:
        if len(word) > width:
            word = word[width:]
    """

    name = "dropped-loop"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `while` loop that is not left by a word of its own, and for each short `for` loop."""
        for loop in source.nodes(ast.stmt):
            if not isinstance(loop, Loop) or loop.orelse:
                continue
            if isinstance(loop, ast.For):
                if (loop.end_lineno or 0) - loop.lineno < LONGEST_LOST_LOOP:
                    yield from source.remove(loop)
            elif not any(isinstance(node, ast.Break | ast.Continue) for node in ast.walk(loop)):
                first = begin(loop)
                yield spanning(first, first._replace(column=first.column + len("while")), "if")


class MissingBreak(Operator):
    """A loop is not left, or a round of it not ended, in time.

    Before:
        if total > limit:
            found = total
            break
    After:
        if total > limit:
            found = total
    """

    name = "missing-break"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `break` and `continue`."""
        for node in source.nodes(ast.stmt):
            if isinstance(node, ast.Break | ast.Continue):
                yield from source.remove(node)


class EarlyReturn(Operator):
    """A function returns after the first round of a loop.

    Before:
        for amount in amounts:
            total += amount
        return total
    After:
        for amount in amounts:
            total += amount
            return total
    """

    name = "early-return"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `return` that follows a loop."""
        for block in source.blocks():
            for loop, after in pairwise(block):
                if not isinstance(loop, Loop) or not isinstance(after, ast.Return) or loop.orelse:
                    continue
                if source.stands_alone(loop.body[0]):
                    yield from source.indent(after, loop.body[0].col_offset)


class WrongIndentation(Operator):
    """A statement is inside a block that should follow it, or behind one that should hold it.

    Before:
        for amount in amounts:
            total += amount
            count += 1
    After:
        for amount in amounts:
            total += amount
        count += 1
    """

    name = "wrong-indentation"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for the last statement of each branch or loop, and one for the statement that follows."""
        for block in source.blocks():
            for position, owner in enumerate(block):
                if isinstance(owner, ast.If | ast.For | ast.While) and source.stands_alone(owner.body[-1]):
                    yield from self._around(source, owner, block[position + 1 : position + 2])

    def _around(self, source: Source, owner: ast.If | Loop, following: list[ast.stmt]) -> Iterator[Edit]:
        last = owner.body[-1]
        if len(owner.body) > 1 and isinstance(last, SIMPLE) and not owner.orelse:
            yield from source.indent(last, owner.col_offset)
        for statement in following:
            if isinstance(statement, SIMPLE) and not owner.orelse and source.stands_alone(owner.body[0]):
                yield from source.indent(statement, last.col_offset)


class ResetInLoop(Operator):
    """A variable begins anew in every round of a loop.

    Before:
        total = 0
        for amount in amounts:
            total += amount
    After:
        for amount in amounts:
            total = 0
            total += amount
    """

    name = "reset-in-loop"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each assignment before a loop that changes its variable and does not depend on it."""
        for block in source.blocks():
            for position, loop in enumerate(block):
                if not isinstance(loop, Loop) or not source.stands_alone(loop.body[0]):
                    continue
                subject = names_in(loop.test if isinstance(loop, ast.While) else loop.iter)
                for statement in block[max(0, position - 4) : position]:
                    names = assigned(statement)
                    if isinstance(statement, ASSIGNING) and names & changed_within(loop) and not names & subject:
                        yield from self._moved(source, statement, loop)

    def _moved(self, source: Source, statement: ast.stmt, loop: Loop) -> Iterator[Edit]:
        if statement.lineno == statement.end_lineno:
            first = begin(loop.body[0])
            text = f"{source.text_of(statement)}\n{' ' * first.column}"
            yield from source.together(source.remove(statement), [spanning(first, first, text)])


class SwappedStatements(Operator):
    """Two steps are made in the wrong order.

    Before:
        count += 1
        means.append(total / count)
    After:
        means.append(total / count)
        count += 1
    """

    name = "swapped-statements"
    held_out = True

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each two steps one of which uses what the other one changes."""
        for function in source.functions():
            firsts = first_bindings(function)
            for block in source.blocks(function):
                for one, other in pairwise(block):
                    simple = isinstance(one, SIMPLE) and isinstance(other, SIMPLE) and id(one) not in firsts
                    alone = source.stands_alone(one) and source.stands_alone(other)
                    depends = changed(one) & mentioned(other) or changed(other) & mentioned(one)
                    if simple and alone and depends:
                        yield from source.swap(one, other)


class ElifAsIf(Operator):
    """A case that excludes the ones before it is looked at as well.

    Before:
        if amount > 100:
            fee = 0
        elif amount > 10:
            fee = 1
    After:
        if amount > 100:
            fee = 0
        if amount > 10:
            fee = 1
    """

    name = "elif-as-if"

    def edits(self, source: Source) -> Iterator[Edit]:
        """Yield an edit for each `elif`."""
        for node in source.nodes(ast.If):
            if source.is_elif(node):
                first = begin(node)
                yield spanning(first, first._replace(column=first.column + len("el")), "")
