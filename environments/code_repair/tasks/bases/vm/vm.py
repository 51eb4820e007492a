"""A small stack machine and its assembler."""

from .assembler import AssemblyError, assemble
from .machine import Machine, MachineError

MAX_STEPS = 500
BIG = 1_000_000_000


def run(source: str, inputs: list[int] | None = None) -> dict[str, int | list[int]]:
    """Assemble and run a program.

    Args:
        source: one instruction a line, as `assemble` takes it.
        inputs: what `read` reads, in order; -1 when nothing is left.

    Returns:
        `printed`: in order. `stack`: what is left, the top at the end. `steps`: how many instructions were run.

    Raises:
        AssemblyError: the program cannot be assembled.
        MachineError: an instruction cannot be run, is one more than `MAX_STEPS`, or leaves more than `BIG` on top.
    """
    machine = Machine(assemble(source), inputs or [])
    while machine.running:
        if machine.steps >= MAX_STEPS:
            raise MachineError("the program runs too long")
        machine.step()
        if machine.stack and abs(machine.stack[-1]) > BIG:
            raise MachineError("a number is too big")
    return {"printed": machine.printed, "stack": machine.stack, "steps": machine.steps}


def wrong_line(source: str) -> int | None:
    """Return the number of the line for which a program cannot be assembled, from 1 on, or None if it can."""
    try:
        assemble(source)
    except AssemblyError as error:
        return error.line
    return None
