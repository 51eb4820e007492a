"""How logarithms are read."""

from __future__ import annotations

from fractions import Fraction

from agentgym.environments.json_math.language.operators import Operators
from agentgym.environments.json_math.language.tree import Apply, Binary, Expression, Number, Variable


class Logarithms(Operators):
    """The rules of the grammar that are about ln."""

    def logarithm(self) -> Expression:
        """Read `ln(x)`, `ln x` for one number, name or fraction x, and `ln^2 x`, which is (ln x)^2."""
        self.take()
        if self.next == "_":
            self.take()
            self.subscript("e", "logarithms have base e: write ln(a)/ln(b)")
        exponent = self.digits_above() if self.next == "^" else None
        argument = self.atom() if self.next in ("(", "[") else self.bare_argument()
        value = Apply("ln", (argument,))
        return Binary("^", value, Number(exponent)) if exponent is not None else value

    def digits_above(self) -> Fraction:
        """Read the exponent of `ln^2 x`."""
        self.take()
        braced = self.next == "{"
        if braced:
            self.take()
        elif self.is_latex and self.next.isdigit() and len(self.next) > 1:
            self.split_power_of_logarithm()
        if not self.next.isdigit():
            self.fail("ln^a x is read for a number a only: write (ln(x))^a")
        exponent = Fraction(self.take())
        if braced:
            self.expect("}")
        return exponent

    def split_power_of_logarithm(self) -> None:
        r"""Let `\ln^22` be `\ln^{2} 2`, as TeX has it, unless something follows that `\ln^{22}` could be taken of."""
        self.split([self.next[0], self.next[1:]])
        self.at += 2
        if self.starts_atom() or self.next in ("^", "!"):
            self.fail("ln^22 x can be read in two ways: write \\ln^{22}(x) or \\ln^{2}(2)*x")
        self.at -= 2

    def bare_argument(self) -> Expression:
        """Read what stands next to ln without parentheses."""
        self.letters()
        if self.next == "{":
            argument = self.braced()
        elif self.next == "\\frac":
            argument = self.fraction()
        elif self.next[:1].isdigit():
            argument = Number(Fraction(self.take()))
        elif self.next in self.variables:
            argument = Variable(self.take())
        else:
            self.fail(f"expected '(' after ln, found {self.next!r}")
        if (self.starts_atom() and self.next != "ln") or self.next in ("^", "!"):
            self.fail("ln a b and ln a^b can be read in two ways: put what ln is taken of in parentheses")
        return argument

    def subscript(self, letter: str, otherwise: str) -> None:
        """Step over this letter, in braces or not, which is all that may stand below here."""
        if self.starts("{", letter, "}"):
            self.at += 2
        elif self.next != letter:
            self.fail(otherwise)
        self.take()
