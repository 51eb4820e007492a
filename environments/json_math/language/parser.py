r"""The language in which answers give closed forms and exact numbers, read by recursive descent into a tree.

```text
sum      := product (("+" | "-") product)*
product  := signed (("*" | "/" | nothing at all) signed)*
signed   := ("-" | "+")* power
power    := postfix ("^" signed)?
postfix  := atom "!"?
atom     := number | variable | "pi" | "gamma" | "(" sum ")" | "\left[" sum "\right]" | braces
          | "⌊" sum "⌋" | "⌈" sum "⌉" | "\frac" group group | "\binom" group group
          | function arguments
          | "ln" "_e"? ("^" (digits | "{" digits "}"))? ("(" sum ")" | braces | number | variable | "\frac" group group)
          | "H" "_" index order? | "H" order "_" index | "psi" order "(" sum ")"
          | "sum" "(" sum "," range ")" | "sum" "(" sum ",(" range "))"     where sums are allowed
          | "\sum" bounds product                                           where sums are allowed
bounds   := "_" "{" letter "=" sum "}" "^" group | "^" group "_" "{" letter "=" sum "}"
arguments := "(" sum ("," sum)* ")" | "{(" sum ("," sum)* ")}" | "\left[" sum ("," sum)* "\right]"
braces   := "{" sum "}" | "{" sum "\choose" sum "}" | "{" sum "\over" sum "}"
group    := braces | digit | variable
index    := "{" sum ("," sum)? "}" | digits | variable
order    := "^" "{" "(" sum ")" "}"
range    := letter "," sum "," sum
number   := digits ("." digits)?
function := "H" | "harmonic" | "factorial" | "Gamma" | "binomial" | "binom" | "comb" | "C" | "psi" | "polygamma"
          | "zeta" | "floor" | "ceil"
```
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NoReturn

from agentgym.environments.json_math.language.errors import ExpressionError
from agentgym.environments.json_math.language.functions import FUNCTIONS
from agentgym.environments.json_math.language.logarithms import Logarithms
from agentgym.environments.json_math.language.tokens import Token
from agentgym.environments.json_math.language.tree import (
    Apply,
    Constant,
    Expression,
    Number,
    Sum,
    Variable,
)

MAX_CHARACTERS = 500

NAMES = {"H": "harmonic", "binom": "binomial", "comb": "binomial", "C": "binomial"} | {name: name for name in FUNCTIONS}
SUMS = ("sum", "Sum", "\\sum")
PRODUCTS = ("prod", "Prod", "product", "Product", "\\prod")


def parse(text: str, *, variables: Sequence[str], sums: bool = False) -> Expression:
    """Return the tree of an expression.

    Args:
        text: what was written.
        variables: the names that stand for a value given later.
        sums: whether finite sums over an index may stand in it.

    Raises:
        ExpressionError: it is not in the language, longer than `MAX_CHARACTERS`, or nested deeper than `MAX_DEPTH`.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"{len(text):,} characters; at most {MAX_CHARACTERS} are read")
    reader = _Reader(text, variables, sums=sums)
    tree = reader.sum()
    if reader.next:
        reader.unknown()
    return tree


class _Reader(Logarithms):
    """Names: constants, functions in their writings, and sums over an index."""

    def __init__(self, text: str, variables: Sequence[str], *, sums: bool) -> None:
        super().__init__(text, variables)
        self.sums = sums
        self.indices: list[str] = []
        # `sum(body, k, a, b)` names its index after the body, so letters there stay open until it does.
        self.bodies = 0
        self.open: list[Token] = []

    def named(self, name: str) -> Expression:
        if name in self.variables:
            return Variable(self.take())
        if name in ("pi", "gamma"):
            return self.constant()
        if name == "ln":
            return self.logarithm()
        if name == "H" and self.ahead(1) in ("_", "^"):
            return self.indexed_harmonic()
        if name == "psi" and self.ahead(1) == "^":
            return self.derived_psi()
        if name in NAMES:
            return self.application()
        if name in SUMS or name in PRODUCTS:
            return self.iterated()
        if self.bodies and len(name) == 1 and name.isalpha():
            self.open.append(self.tokens[self.at])
            return Variable(self.take())
        self.unknown()

    def constant(self) -> Expression:
        name: Literal["pi", "gamma"] = "pi" if self.take() == "pi" else "gamma"
        if name == "gamma" and self.next == "_":
            self.take()
            self.subscript("E", "only Euler's constant has the index E: write gamma")
        if name == "gamma" and self.next == "(":
            self.fail("gamma( can be read in two ways: write gamma*( for Euler's constant, Gamma( for the function")
        return Constant(name)

    def is_name(self, text: str) -> bool:
        return text in NAMES or text in SUMS or text in PRODUCTS or text in ("pi", "gamma", "ln")

    def application(self) -> Expression:
        name = self.take()
        function = NAMES[name]
        opening, closing = self.brackets()
        self.expect(*opening)
        arguments = [self.sum()]
        while self.next == ",":
            self.take()
            arguments.append(self.sum())
        self.expect(*closing)
        least, most, _ = FUNCTIONS[function]
        if not least <= len(arguments) <= most:
            self.fail(f"{name} takes {least if least == most else f'{least} or {most}'} arguments")
        if function == "harmonic" and self.starts("^", "{", "("):
            self.fail("H(n)^{(r)} can be read in two ways: write H(n, r) or (H(n))^r")
        return Apply(function, tuple(arguments))

    def brackets(self) -> tuple[Sequence[str], Sequence[str]]:
        r"""Return what opens and closes the arguments that follow: `( )`, `{( )}` or `\left[ \right]`."""
        if self.starts("{", "("):
            return ("{", "("), (")", "}")
        return (("[",), ("]",)) if self.next == "[" else (("(",), (")",))

    def indexed_harmonic(self) -> Expression:
        self.take()
        order = self.order() if self.next == "^" else None
        self.expect("_")
        arguments = self.index()
        if order is None and len(arguments) == 1 and self.starts("^", "{", "("):
            order = self.order()
        if self.starts("^", "("):
            self.fail("H_n^(r) can be read in two ways: write H(n, r) or (H(n))^r")
        return Apply("harmonic", (*arguments, *([] if order is None else [order])))

    def index(self) -> list[Expression]:
        self.letters()
        if self.next in self.variables or self.next.isdigit():
            if self.is_latex and len(self.next) > 1:
                self.fail("H_10 can be read in two ways in LaTeX, as H_{1}0 too: write H_{10}")
            token = self.take()
            if self.next[:1].isalnum() and self.is_adjacent() and not self.is_latex:
                self.fail("H_2n can be read in two ways: write H_{2n} or H_2*n")
            return [Variable(token) if token in self.variables else Number(Fraction(token))]
        self.expect("{")
        arguments = [self.sum()]
        if self.next == ",":
            self.take()
            arguments.append(self.sum())
        self.expect("}")
        return arguments

    def order(self) -> Expression:
        self.expect("^", "{", "(")
        order = self.sum()
        self.expect(")", "}")
        return order

    def derived_psi(self) -> Expression:
        self.take()
        if not self.starts("^", "{", "("):
            self.fail("psi^a(x) can be read in two ways: write (psi(x))^a or \\psi^{(a)}(x)")
        return Apply("polygamma", (self.order(), self.bracketed("(", ")")))

    def iterated(self) -> Expression:
        if not self.sums:
            self.fail("a sum or product over an index is not a closed form")
        if self.next in PRODUCTS:
            self.fail("there are no products over an index")
        self.deepen()
        tree = self.sum_over() if self.take() == "\\sum" or self.next in ("_", "^") else self.sum_of()
        self.depth -= 1
        return tree

    def sum_over(self) -> Expression:
        r"""Read what follows `\sum`; its body is the product that follows the bounds."""
        before = next((token.text for token in self.tokens[self.at - 2 :: -1] if token.text not in ("+", "-")), "")
        if self.at > 1 and before in ("/", "^"):
            self.fail("where a sum ends can be read in two ways here: write parentheses around it")
        last = self.above() if self.next == "^" else None
        self.expect("_", "{")
        index = self.new_index()
        self.expect("=")
        first = self.sum()
        self.expect("}")
        last = last or self.above(index)
        self.variables.append(index)
        body = self.product()
        self.variables.pop()
        self.indices.append(index)
        return Sum(body, index, first, last)

    def above(self, *index: str) -> Expression:
        self.expect("^")
        return self.group(*index)

    def sum_of(self) -> Expression:
        """Read what follows `sum`: `(body, k, a, b)` or `(body, (k, a, b))`."""
        self.expect("(")
        opened, summed = len(self.open), len(self.indices)
        self.bodies += 1
        body = self.sum()
        self.bodies -= 1
        letters, inside = self.open[opened:], self.indices[summed:]
        del self.open[opened:]
        self.expect(",")
        bracketed = self.next == "("
        if bracketed:
            self.take()
        index = self.new_index(inside)
        self.expect(",")
        first = self.sum()
        self.expect(",")
        last = self.sum()
        self.expect(*([")", ")"] if bracketed else [")"]))
        self.close(index, letters)
        return Sum(body, index, first, last)

    def new_index(self, taken: Sequence[str] = ()) -> str:
        name = self.next
        if not (len(name) == 1 and name.isalpha()) or name in self.variables or name in NAMES or name in taken:
            self.fail("the index of a sum is one letter that has no other meaning there")
        return self.take()

    def close(self, index: str, letters: Sequence[Token]) -> None:
        """End the body of a sum: letters in it that are not its index have to be that of a sum around it."""
        self.indices.append(index)
        others = [letter for letter in letters if letter.text != index]
        if others and not self.bodies:
            self.at = self.tokens.index(others[0])
            self.unknown()
        self.open += others

    def unknown(self) -> NoReturn:
        self.unexpected(f"known names: {', '.join([*self.variables, 'pi', 'gamma', *NAMES])}; write * between names")
