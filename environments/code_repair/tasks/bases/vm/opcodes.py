"""The operations of the machine."""

from collections.abc import Callable

NUMBER = "number"
LABEL = "label"
VARIABLE = "variable"

OPERANDS: dict[str, str | None] = {
    "push": NUMBER,
    "load": VARIABLE,
    "store": VARIABLE,
    "jump": LABEL,
    "jumpzero": LABEL,
    "call": LABEL,
    "return": None,
    "read": None,
    "print": None,
    "dup": None,
    "swap": None,
    "drop": None,
    "add": None,
    "sub": None,
    "mul": None,
    "div": None,
    "mod": None,
    "less": None,
    "equal": None,
    "halt": None,
}

BINARY: dict[str, Callable[[int, int], int]] = {
    "add": lambda left, right: left + right,
    "sub": lambda left, right: left - right,
    "mul": lambda left, right: left * right,
    "div": lambda left, right: left // right,
    "mod": lambda left, right: left % right,
    "less": lambda left, right: int(left < right),
    "equal": lambda left, right: int(left == right),
}
