"""A machine with a stack, variables and subroutines."""

from .assembler import Instruction
from .opcodes import BINARY


class MachineError(RuntimeError):
    """An instruction that cannot be run."""


class Machine:
    """A running program: its `stack` (top at the end), what it has `printed`, and how many `steps` it has run."""

    def __init__(self, program: list[Instruction], inputs: list[int]) -> None:
        self.stack: list[int] = []
        self.printed: list[int] = []
        self.steps = 0
        self._program = program
        self._inputs = list(inputs)
        self._variables: dict[str, int] = {}
        self._returns: list[int] = []
        self._place = 0

    @property
    def running(self) -> bool:
        """Whether there is an instruction to run next."""
        return self._place < len(self._program)

    def step(self) -> None:
        """Run one instruction.

        Raises:
            MachineError: the stack holds too little, a division by 0, or a return without a call.
        """
        current = self._program[self._place]
        self._place += 1
        self.steps += 1
        if current.operation in BINARY:
            self._calculate(current.operation)
        elif current.operation in ("jump", "jumpzero", "call", "return", "halt"):
            self._go(current)
        else:
            self._move(current)

    def _pop(self) -> int:
        if not self.stack:
            raise MachineError("the stack is empty")
        return self.stack.pop()

    def _calculate(self, operation: str) -> None:
        right, left = self._pop(), self._pop()
        try:
            self.stack.append(BINARY[operation](left, right))
        except ZeroDivisionError as error:
            raise MachineError("division by zero") from error

    def _go(self, current: Instruction) -> None:
        if current.operation == "call":
            self._returns.append(self._place)
        if current.operation == "return":
            if not self._returns:
                raise MachineError("nothing was called")
            self._place = self._returns.pop()
        elif current.operation == "halt":
            self._place = len(self._program)
        elif current.operation != "jumpzero" or self._pop() == 0:
            self._place = current.number

    def _move(self, current: Instruction) -> None:
        match current.operation:
            case "push":
                self.stack.append(current.number)
            case "load":
                self.stack.append(self._variables.get(current.name, 0))
            case "store":
                self._variables[current.name] = self._pop()
            case "read":
                self.stack.append(self._inputs.pop(0) if self._inputs else -1)
            case "print":
                self.printed.append(self._pop())
            case "dup":
                self.stack += [self._pop()] * 2
            case "swap":
                self.stack += [self._pop(), self._pop()]
            case _:
                self._pop()
