"""The operations of the machine."""

from collections.abc import Callable

NUMBER = "number"
LABEL = "label"
VARIABLE = "variable"

BINARY: dict[str, Callable[[int, int], int]] = {
    "add": lambda left, right: left + right,
    "sub": lambda left, right: left - right,
    "mul": lambda left, right: left * right,
    "div": lambda left, right: left // right,
    "mod": lambda left, right: left % right,
    "less": lambda left, right: int(left < right),
    "equal": lambda left, right: int(left == right),
}

OPERANDS: dict[str, str | None] = {
    "push": NUMBER,
    **dict.fromkeys(("load", "store"), VARIABLE),
    **dict.fromkeys(("jump", "jumpzero", "call"), LABEL),
    **dict.fromkeys(("return", "halt", "read", "print", "dup", "swap", "drop", *BINARY)),
}
