"""How operands are joined: the rules of the grammar that are about operators and brackets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from agentgym.environments.json_math.language.cursor import Cursor
from agentgym.environments.json_math.language.tree import Apply, Binary, Expression, Negative, Number, Variable


class Operators(Cursor, ABC):
    """A recursive-descent reader with a method for each rule; names are read by a subclass."""

    def __init__(self, text: str, variables: Sequence[str]) -> None:
        """Stand before the first token of a text in which these variables are known."""
        super().__init__(text)
        self.variables = list(variables)

    @abstractmethod
    def named(self, name: str) -> Expression:
        """Read what starts with a name, the next token, or refuse it."""

    def sum(self) -> Expression:
        """Read products joined by + and -."""
        self.deepen()
        left = self.product()
        while self.next in ("+", "-"):
            left = Binary("+" if self.take() == "+" else "-", left, self.product())
        self.depth -= 1
        return left

    def product(self) -> Expression:
        """Read factors joined by *, / or nothing."""
        left = factor = self.signed()
        while self.next in ("*", "/") or self.starts_atom():
            if self.next == "/":
                self.take()
                left = Binary("/", left, self.signed())
                if self.starts_atom():
                    self.fail("a/b c can be read in two ways: write a/b*c or a/(b*c)")
            else:
                if self.next == "*":
                    self.take()
                elif isinstance(factor, Number):
                    self.refuse_second_number()
                factor = self.signed()
                left = Binary("*", left, factor)
        return left

    def refuse_second_number(self) -> None:
        r"""After a number, refuse `3`, as in 2 3, and `\frac{1}{3}`, which would make a mixed number of 2."""
        if self.next[0].isdigit():
            self.fail("two numbers side by side can be read in two ways: write * between them")
        if self.next == "\\frac":
            inside = [self.ahead(place) for place in range(1, 7)]
            if inside[0].isdigit() or (inside[1].isdigit() and inside[4].isdigit() and inside[2::3] == ["}", "}"]):
                self.fail("a mixed number can be read in two ways: write + or * before the fraction")

    def signed(self, *, raised: bool = False) -> Expression:
        """Read a power behind its signs; in an exponent, `raised`, some ways to go on are refused."""
        if self.next not in ("+", "-"):
            return self.power(raised=raised)
        self.deepen()
        sign, operand = self.take(), self.signed(raised=raised)
        self.depth -= 1
        return Negative(operand) if sign == "-" else operand

    def power(self, *, raised: bool) -> Expression:
        """Read what is raised, and its exponent, which may be a power itself."""
        in_braces = self.next == "{"
        base = self.postfix(raised=raised)
        if self.next != "^":
            return base
        if raised and in_braces:
            self.fail("a^{b}^c can be read in two ways: write a^{b^c} or (a^b)^c")
        self.take()
        self.deepen()
        exponent = self.exponent()
        self.depth -= 1
        return Binary("^", base, exponent)

    def exponent(self) -> Expression:
        r"""Read an exponent; without braces, TeX raises one character of it, and plain text as many as it may."""
        start = self.at
        if self.is_latex and self.next.isdigit() and len(self.next) > 1:
            self.fail("2^10 can be read in two ways in LaTeX, as 2^{1}0 too: write 2^{10}")
        exponent = self.signed(raised=True)
        self.letters()
        is_bare = self.tokens[self.at - 1].text[0].isalnum() and not (self.is_latex and self.at == start + 1)
        if is_bare and self.next in self.variables and self.is_adjacent():
            self.fail("2^3n can be read in two ways: write 2^3*n or 2^(3*n)")
        return exponent

    def letters(self, *more: str) -> None:
        """Let a run of letters that are all variables, or among `more`, and are no name together, be one by one."""
        known, run = {*self.variables, *more}, self.next
        if len(run) > 1 and run not in known and known.issuperset(run) and not self.is_name(run):
            self.split(run)

    @abstractmethod
    def is_name(self, text: str) -> bool:
        """Tell whether this stands for something that is no variable."""

    def postfix(self, *, raised: bool) -> Expression:
        """Read an operand and its factorial sign."""
        operand = self.atom()
        if self.next != "!":
            return operand
        if raised:
            self.fail("a^b! can be read in two ways: write a^(b!) or (a^b)!")
        self.take()
        if self.next == "!":
            self.fail("n!! can be read in two ways: write (n!)!")
        return Apply("factorial", (operand,))

    def atom(self) -> Expression:
        """Read one operand."""
        self.letters()
        token = self.next
        if token[:1].isdigit():
            return Number(Fraction(self.take()))
        if token == "(":
            return self.bracketed("(", ")")
        if token == "[":
            return self.bracketed("[", "]")
        if token == "{":
            return self.named(self.bare_name()) if self.is_name_in_braces() else self.braced()
        if token == "⌊":
            return Apply("floor", (self.bracketed("⌊", "⌋"),))
        if token == "⌈":
            return Apply("ceil", (self.bracketed("⌈", "⌉"),))
        if token == "\\frac":
            return self.fraction()
        if token == "\\binom":
            return Apply("binomial", self.groups())
        return self.named(token)

    def fraction(self) -> Expression:
        r"""Read `\frac{a}{b}`, or `\frac12` for one half."""
        return Binary("/", *self.groups())

    def groups(self) -> tuple[Expression, Expression]:
        r"""Read the two arguments of `\frac` or `\binom`, of which `12` is both."""
        self.take()
        if self.next.isdigit() and len(self.next) == 2:
            self.split(self.next)
        return self.group(), self.group()

    def group(self, *more: str) -> Expression:
        r"""Read braces, or the one digit or variable that stands for them; `more` may follow a variable at once."""
        self.letters(*more)
        if self.next.isdigit() and len(self.next) > 1:
            self.fail("without braces TeX takes one digit: write braces around what belongs together")
        if self.next in self.variables:
            return Variable(self.take())
        if self.next.isdigit():
            return Number(Fraction(self.take()))
        return self.braced()

    def braced(self) -> Expression:
        r"""Read braces, `{n \choose k}` and `{a \over b}` among them."""
        self.expect("{")
        inner = self.sum()
        if self.next == "\\choose":
            self.take()
            inner = Apply("binomial", (inner, self.sum()))
        elif self.next == "\\over":
            self.take()
            inner = Binary("/", inner, self.sum())
        self.expect("}")
        return inner

    def is_name_in_braces(self) -> bool:
        r"""Tell whether the name of a function comes alone in braces, as in `{H}_{n}`."""
        name = self.ahead(1)
        is_raised = self.at > 0 and self.tokens[self.at - 1].text in ("^", "_")
        return not is_raised and self.ahead(2) == "}" and name not in ("pi", "gamma") and self.is_name(name)

    def bare_name(self) -> str:
        """Take away the braces around the name that comes, and return it."""
        self.replace(3, [self.tokens[self.at + 1]])
        return self.next

    def bracketed(self, opening: str, closing: str) -> Expression:
        """Read what stands between two brackets."""
        self.expect(opening)
        inner = self.sum()
        self.expect(closing)
        return inner
