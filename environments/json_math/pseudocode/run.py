"""Programs, compiled to closures and run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import JsonValue

from agentgym.environments.json_math.pseudocode.items import Compiled
from agentgym.environments.json_math.pseudocode.tokens import fail
from agentgym.environments.json_math.pseudocode.tree import PseudocodeError
from agentgym.environments.json_math.pseudocode.values import UNSET, WORK, from_json, to_json

T = TypeVar("T")


def run(program: Compiled, inputs: Mapping[str, JsonValue], work: int = WORK) -> JsonValue:
    """Return the result of a program.

    Args:
        program: as `statements.compiled` returns it.
        inputs: the values that its variables have from the start; they are not changed.
        work: how many units of work it may do.

    Raises:
        PseudocodeError: it fails, returns nothing that JSON has, or takes too much work.
    """
    machine = program.machine
    machine.left = work
    machine.frames = machine.base
    slots = program.slots
    machine.variables[:] = [UNSET] * len(slots)
    for name, value in inputs.items():
        if name in slots:
            machine.variables[slots[name]] = from_json(value)
    signal = program.body(machine.variables)
    if type(signal) is not tuple:
        fail(program.last_line, "the program ends without return")
    try:
        return to_json(signal[0], machine)
    except PseudocodeError as error:
        raise PseudocodeError(str(error).removeprefix("line 0: ")) from None


def with_room(task: Callable[[], T]) -> T:
    """Return what a task returns, on a fresh stack if the caller has left too little of this one.

    How deep a program may nest is counted and limited; what the caller has used of the stack must not change a verdict.
    """
    try:
        return task()
    except RecursionError:
        results: list[T] = []
        errors: list[BaseException] = []

        def on_fresh_stack() -> None:
            try:
                results.append(task())
            except BaseException as error:  # handed over to the thread that waits
                errors.append(error)

        thread = threading.Thread(target=on_fresh_stack)
        thread.start()
        thread.join()
        if errors:
            raise errors[0] from None
        return results[0]
