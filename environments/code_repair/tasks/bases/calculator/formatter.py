"""Writing of numbers and expressions."""

import math
from fractions import Fraction

from .nodes import NEGATION_PRECEDENCE, PRECEDENCE, RIGHT_ASSOCIATIVE, Application, Binary, Name, Negation, Node, Number

MAX_DECIMALS = 12


def rounded(value: Fraction, decimals: int) -> Fraction:
    """Return the number rounded to so many decimals (at least 0), halves away from zero."""
    scale = 10**decimals
    size = math.floor(abs(value) * scale + Fraction(1, 2))
    return Fraction(size if value > 0 else -size, scale)


def number_text(value: Fraction, decimals: int) -> str:
    """Return a number with at most so many decimals, without zeros at the end of them."""
    shown = rounded(value, decimals)
    digits = str(abs(shown.numerator) * 10**decimals // shown.denominator).zfill(decimals + 1)
    split = len(digits) - decimals
    whole, fraction = digits[:split], digits[split:].rstrip("0")
    sign = "-" if shown < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def expression_text(node: Node, lowest: int = 1) -> str:
    """Return an expression with only the parentheses that it needs.

    Args:
        node: the expression.
        lowest: an expression that binds more weakly than this is put into parentheses.
    """
    if isinstance(node, Binary):
        level = PRECEDENCE[node.operator]
        to_the_right = node.operator in RIGHT_ASSOCIATIVE
        left = expression_text(node.left, level + 1 if to_the_right else level)
        if isinstance(node.right, Negation):
            right = expression_text(node.right)
        else:
            right = expression_text(node.right, level if to_the_right else level + 1)
        text = f"{left} {node.operator} {right}"
    elif isinstance(node, Negation):
        level = NEGATION_PRECEDENCE
        text = "-" + expression_text(node.operand, level)
    else:
        return simple_text(node)
    return f"({text})" if level < lowest else text


def simple_text(node: Node) -> str:
    """Return an expression that never needs parentheses around it."""
    if isinstance(node, Application):
        return f"{node.function}({', '.join(expression_text(argument) for argument in node.arguments)})"
    if isinstance(node, Name):
        return node.name
    assert isinstance(node, Number)
    return node.text
