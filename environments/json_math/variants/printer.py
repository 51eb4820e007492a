"""Expression trees as text, in LaTeX or infix, with few parentheses or many."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

from agentgym.environments.json_math.language.tree import (
    Apply,
    Binary,
    Constant,
    Expression,
    Negative,
    Number,
    Sum,
    Variable,
)

# How tightly a text holds together, as the grammar's rules call it.
SUM, PRODUCT, SIGNED, POWER, POSTFIX, ATOM = range(6)
Written = tuple[str, int]

LATEX_NAMES = {name: f"\\{name}" for name in ("pi", "gamma", "psi", "zeta", "ln")}
INFIX_NAMES = {"harmonic": ("H", "harmonic"), "binomial": ("binomial", "binom", "comb", "C")}


@dataclass(frozen=True)
class Style:
    """How trees are written.

    Attributes:
        latex: with LaTeX commands rather than infix signs and function names.
        parentheses: how often a pair that nothing needs is written, from 0 to 1.
        spaced: spaces around operators.
        juxtaposed: 2n and 2(n + 1) without a sign, where that has one reading.
    """

    latex: bool
    parentheses: float
    spaced: bool
    juxtaposed: bool


def random_style(rng: random.Random) -> Style:
    """Draw a style."""
    return Style(rng.random() < 0.4, rng.choice([0.0, 0.0, 0.3]), rng.random() < 0.6, rng.random() < 0.4)


def write(tree: Expression, style: Style, rng: random.Random) -> str:
    """Return the text of a tree in the grammar."""
    return _Printer(style, rng).write(tree)[0]


class _Printer:
    def __init__(self, style: Style, rng: random.Random) -> None:
        self.style = style
        self.rng = rng

    def at(self, tree: Expression, level: int) -> str:
        """Return the text of a tree where nothing looser than a level may stand."""
        text, own = self.write(tree)
        extra = own < ATOM and self.rng.random() < self.style.parentheses
        return self.bracketed(text) if own < level or extra else text

    def bracketed(self, text: str) -> str:
        if self.style.latex and self.rng.random() < 0.7:
            return rf"\left({text}\right)"
        return f"({text})"

    def write(self, tree: Expression) -> Written:
        match tree:
            case Number(value):
                return self.number(value)
            case Variable(name):
                return name, ATOM
            case Constant(name):
                return LATEX_NAMES[name] if self.style.latex else name, ATOM
            case Sum():
                return self.sum(tree), ATOM
            case Negative(operand):
                return f"-{self.at(operand, POWER)}", SIGNED
            case Binary("^", base, exponent):
                return self.power(base, exponent), POWER
            case Binary("+" | "-" as operator, left, right):
                # A sign at the start of a sum is read one way; after another sign, people stumble.
                joined = self.joined(self.at(left, SUM), operator, self.at(right, POWER if _signed(right) else PRODUCT))
                return joined, SUM
            case Binary("/", left, right) if self.style.latex:
                command = self.rng.choice([r"\frac", r"\frac", r"\dfrac", r"\tfrac"])
                # As a base or beside a number a fraction can be misread, so it holds no tighter than a product.
                return f"{command}{{{self.write(left)[0]}}}{{{self.write(right)[0]}}}", PRODUCT
            case Binary("/", left, right):
                return self.joined(self.at(left, PRODUCT), "/", self.at(right, POWER)), PRODUCT
            case Binary(_, left, right):
                return self.product(left, right), PRODUCT
            case Apply(function, arguments):
                return self.application(function, arguments)
        raise TypeError(f"no writing of {tree!r}")

    def number(self, value: Fraction) -> Written:
        if value.denominator == 1 and value >= 0:
            return str(value.numerator), ATOM
        if value > 0 and (places := decimal_places(value)) is not None:
            digits = str(value.numerator * 10**places // value.denominator).rjust(places + 1, "0")
            return f"{digits[:-places]}.{digits[-places:]}", ATOM
        raise ValueError(f"{value} is no literal")

    def joined(self, left: str, operator: str, right: str) -> str:
        return f"{left} {operator} {right}" if self.style.spaced else f"{left}{operator}{right}"

    def product(self, left: Expression, right: Expression) -> str:
        first, second = self.at(left, PRODUCT), self.at(right, POWER)
        if self.style.juxtaposed and self.reads_one_way(left, first, second):
            return first + self.rng.choice(["", " "]) + second
        sign = self.rng.choice([r"\cdot ", r"\times ", "*"]) if self.style.latex else "*"
        return self.joined(first, sign, second)

    def reads_one_way(self, left: Expression, first: str, second: str) -> bool:
        """Tell whether a product needs no sign: a number or a bracket, then a bracket or a name."""
        if isinstance(left, Number):
            return second[0] == "(" or second.startswith((r"\left(", *LATEX_NAMES.values())) or second[0].isalpha()
        if first.startswith((r"\frac", r"\dfrac", r"\tfrac")) and isinstance(left, Binary) and left.operator == "/":
            return second.startswith(("(", r"\left(", "H_"))
        bracketed = first.endswith((")", r"\right)")) and isinstance(left, Binary) and left.operator in "+-"
        return bracketed and second.startswith(("(", r"\left("))

    def power(self, base: Expression, exponent: Expression) -> str:
        below = self.at(base, POSTFIX)
        if self.style.latex:
            return f"{below}^{{{self.write(exponent)[0]}}}"
        above = self.at(exponent, SIGNED)
        above = self.bracketed(above) if above.endswith("!") else above
        return f"{below}{self.rng.choice(['^', '^', '^', '**'])}{above}"

    def application(self, function: str, arguments: tuple[Expression, ...]) -> Written:
        if function == "factorial" and self.rng.random() < 0.7:
            # Of a factorial, a second sign would make a double factorial.
            text, level = self.write(arguments[0])
            return f"{text if level == ATOM and not text.endswith('!') else self.bracketed(text)}!", POSTFIX
        if function == "harmonic" and (self.style.latex or self.rng.random() < 0.3):
            # Above an index stands an order as well as an exponent, so a power of it takes a bracket.
            return self.indexed(arguments), POWER
        inner = [self.write(argument)[0] for argument in arguments]
        if function in ("floor", "ceil") and self.style.latex:
            return rf"\l{function} {inner[0]} \r{function}", ATOM
        if function == "polygamma":
            name = LATEX_NAMES["psi"] if self.style.latex else "psi"
            return f"{name}^{{({inner[0]})}}({inner[1]})", ATOM
        if function == "binomial" and self.style.latex:
            return rf"\binom{{{inner[0]}}}{{{inner[1]}}}", ATOM
        name = self.rng.choice(INFIX_NAMES.get(function, (function,)))
        if self.style.latex:
            name = LATEX_NAMES.get(function, name)
        return f"{name}({(', ' if self.style.spaced else ',').join(inner)})", ATOM

    def sum(self, tree: Sum) -> str:
        """Write a sum in brackets of its own, so that nobody wonders where it ends."""
        first, last = self.write(tree.first)[0], self.write(tree.last)[0]
        if self.style.latex:
            body = self.bracketed(self.write(tree.body)[0])
            return self.bracketed(rf"\sum_{{{tree.index} = {first}}}^{{{last}}} {body}")
        return f"sum({self.write(tree.body)[0]}, {tree.index}, {first}, {last})"

    def indexed(self, arguments: tuple[Expression, ...]) -> str:
        index = self.write(arguments[0])[0]
        plain = isinstance(arguments[0], Variable) and self.rng.random() < 0.6
        text = f"H_{index}" if plain else f"H_{{{index}}}"
        return text if len(arguments) == 1 else f"{text}^{{({self.write(arguments[1])[0]})}}"


def _signed(tree: Expression) -> bool:
    return isinstance(tree, Negative) or (isinstance(tree, Binary) and tree.operator in "*/" and _signed(tree.left))


def decimal_places(value: Fraction) -> int | None:
    """Return how many decimal places write a number exactly; None if none do."""
    return next((places for places in range(1, 7) if 10**places % value.denominator == 0), None)
