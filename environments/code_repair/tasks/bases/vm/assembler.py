"""From text to instructions."""

import re
from typing import NamedTuple

from .opcodes import LABEL, NUMBER, OPERANDS


class AssemblyError(ValueError):
    """A line that cannot be assembled; `line` is its number, from 1 on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


class Instruction(NamedTuple):
    """An operation with its operand: a number to push, a place to go to, or the name of a variable."""

    operation: str
    number: int = 0
    name: str = ""


def assemble(source: str) -> list[Instruction]:
    """Return the instructions of a program.

    A line holds at most one label with a colon and then at most one operation with its operand. A `;` and what follows
    it is left out. A label stands for the place of the next instruction, and may be used before it is defined.

    Raises:
        AssemblyError: a line has another form, an operation or a label is not known, an operand is missing, wrong or
            too many, or a label is defined twice.
    """
    labels: dict[str, int] = {}
    parts: list[tuple[int, list[str]]] = []
    for number, line in enumerate(source.split("\n"), start=1):
        match = re.fullmatch(r"\s*(?:([a-z]\w*):)?([^:]*)", line.partition(";")[0])
        if match is None:
            raise AssemblyError(number, "a label is a word and a colon at the beginning")
        label, words = match[1], match[2].split()
        if label in labels:
            raise AssemblyError(number, f"there is a second {label}")
        if label is not None:
            labels[label] = len(parts)
        if words:
            parts.append((number, words))
    return [instruction(number, words, labels) for number, words in parts]


def instruction(line: int, words: list[str], labels: dict[str, int]) -> Instruction:
    """Return the instruction of a line, or raise `AssemblyError` if there is none."""
    operation, *operands = words
    if operation not in OPERANDS:
        raise AssemblyError(line, f"there is no {operation}")
    kind = OPERANDS[operation]
    if len(operands) != (0 if kind is None else 1):
        raise AssemblyError(line, f"{operation} has another number of operands")
    if kind is None:
        return Instruction(operation)
    if kind == NUMBER:
        try:
            return Instruction(operation, int(operands[0]))
        except ValueError as error:
            raise AssemblyError(line, f"{operands[0]} is no number") from error
    if kind == LABEL:
        if operands[0] not in labels:
            raise AssemblyError(line, f"there is no label {operands[0]}")
        return Instruction(operation, labels[operands[0]])
    return Instruction(operation, name=operands[0])
