"""Expressions, read by recursive descent from the tokens of one line.

```text
choice   := or ("if" or "else" choice)?
or       := and ("or" and)*                      and := not ("and" not)*
not      := "not" not | compare
compare  := sum (("=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not" "in") sum)*
sum      := product (("+" | "-") product)*       product := signed (("*" | "/" | "div" | "mod") signed)*
signed   := ("-" | "+") signed | power           power := postfix ("^" signed)?
postfix  := atom ("[" choice "]" | "[" choice? ":" choice? "]" | "." name ("(" list ")")?)*
atom     := number | string | "true" | "false" | "null" | name | name "(" list ")" | "(" list ")" | "[" list "]"
          | "{" (choice ":" choice ("," ...)*)? "}"
list     := (choice ("," choice)*)?
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from agentgym.environments.json_math.pseudocode.tokens import Token, fail
from agentgym.environments.json_math.pseudocode.tree import (
    Binary,
    Call,
    Choose,
    Compare,
    Expression,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Slice,
    Unary,
)

MAX_DEPTH = 16
COMPARISONS = frozenset(("=", "==", "!=", "<", "<=", ">", ">=", "in"))
LITERALS = {"true": True, "false": False, "null": None}
END = Token("end", "", 0, "the end of the line")


class Reader:
    """What is left of a line; `next` is the token to be read, or `END`."""

    def __init__(self, tokens: Sequence[Token], line: int) -> None:
        self.tokens = [*tokens, END]
        self.line = line
        self.at = 0
        self.depth = 0
        self.assigns = False

    @property
    def next(self) -> Token:
        """The token to be read."""
        return self.tokens[self.at]

    def expression(self) -> Expression:
        """Read a choice, or what stands in its place."""
        self.deepen()
        value = self.either()
        if self.takes("if"):
            condition = self.either()
            self.expect("else")
            value = Choose(condition, value, self.expression())
        self.depth -= 1
        return value

    def either(self) -> Expression:
        """Read what `or` joins."""
        left = self.both()
        while self.takes("or"):
            left = Binary("or", left, self.both())
        return left

    def both(self) -> Expression:
        """Read what `and` joins."""
        left = self.negated()
        while self.takes("and"):
            left = Binary("and", left, self.negated())
        return left

    def negated(self) -> Expression:
        """Read what `not` may stand before."""
        if not self.takes("not"):
            return self.compare()
        self.deepen()
        operand = self.negated()
        self.depth -= 1
        return Unary("not", operand)

    def compare(self) -> Expression:
        """Read a chain of comparisons."""
        first = self.sum()
        rest: list[tuple[str, Expression]] = []
        while operator := self.comparison():
            rest.append((operator, self.sum()))
        return Compare(first, tuple(rest)) if rest else first

    def comparison(self) -> str:
        """Take a sign that compares and return it; empty if none follows."""
        token = self.next
        if token.text == "not" and token.kind == "word" and self.tokens[self.at + 1].text == "in":
            self.at += 2
            return "not in"
        if token.text == "<-" and token.kind == "sign":  # i <-1 compares i with -1
            self.tokens[self.at : self.at + 1] = [token._replace(text="<"), token._replace(text="-")]
        text = self.next.text
        if token.kind not in ("sign", "word") or text not in COMPARISONS:
            return ""
        if text == "=" and self.assigns and self.depth == 1:
            self.fail("a second = in an assignment; write == to compare")
        self.at += 1
        return "=" if text == "==" else text

    def sum(self) -> Expression:
        """Read what `+` and `-` join."""
        left = self.product()
        while operator := self.takes("+", "-"):
            left = Binary(operator, left, self.product())
        return left

    def product(self) -> Expression:
        """Read what `*`, `/`, `div` and `mod` join."""
        left = self.signed()
        while operator := self.takes("*", "/", "div", "mod"):
            left = Binary(operator, left, self.signed())
        return left

    def signed(self) -> Expression:
        """Read what a sign may stand before."""
        sign = self.takes("-", "+")
        if not sign:
            return self.power()
        self.deepen()
        operand = self.signed()
        self.depth -= 1
        return Unary("-", operand) if sign == "-" else operand

    def power(self) -> Expression:
        """Read a power; `2^3^2` is `2^(3^2)`."""
        base = self.postfix()
        if not self.takes("^"):
            return base
        self.deepen()
        exponent = self.signed()
        self.depth -= 1
        return Binary("^", base, exponent)

    def postfix(self) -> Expression:
        """Read a value and what is taken out of it."""
        value = self.atom()
        while True:
            if self.takes("["):
                value = self.element(value)
            elif self.next.text == "." and self.next.kind == "sign":
                value = self.method(value)
            else:
                return value

    def element(self, base: Expression) -> Expression:
        """Return what the brackets after a value take out of it; `a[i, j]` is `a[i][j]`."""
        first = None if self.next.text == ":" else self.expression()
        if self.takes(":"):
            end = None if self.next.text == "]" else self.expression()
            self.expect("]")
            return Slice(base, first, end)
        assert first is not None
        value: Expression = Index(base, first)
        while self.takes(","):
            value = Index(value, self.expression())
        self.expect("]")
        return value

    def method(self, base: Expression) -> Expression:
        """Return `a.f(x)` as `f(a, x)`, and `a.length` as `length(a)`."""
        self.expect(".")
        name = self.name("the name of a function")
        arguments = self.list(")") if self.takes("(") else ()
        return Call(name, (base, *arguments))

    def atom(self) -> Expression:
        """Read what has no operator outside brackets."""
        token = self.next
        self.at += token.kind != "end"
        if token.kind == "number":
            return Literal(int(token.text))
        if token.kind == "string":
            return Literal(token.text)
        if token.kind == "word" and token.text in LITERALS:
            return Literal(LITERALS[token.text])
        if token.kind == "name":
            return Call(token.text, self.list(")")) if self.takes("(") else Name(token.text)
        if token.kind == "sign" and token.text in ("(", "[", "{"):
            return self.bracketed(token.text)
        self.fail(f"expected a value, found {shown(token)}")

    def bracketed(self, bracket: str) -> Expression:
        """Read what a bracket opens."""
        if bracket == "{":
            return MapOf(self.pairs())
        items = self.list(")" if bracket == "(" else "]")
        if bracket == "(" and len(items) == 1 and self.tokens[self.at - 2].text != ",":
            return items[0]
        return ListOf(items)

    def list(self, end: str) -> tuple[Expression, ...]:
        """Return the expressions up to a closing bracket."""
        items: list[Expression] = []
        while not self.takes(end):
            items.append(self.expression())
            if self.next.text != end and not self.takes(","):
                self.fail(f"expected , or {end}, found {shown(self.next)}")
        return tuple(items)

    def pairs(self) -> tuple[tuple[Expression, Expression], ...]:
        """Read the keys and values of a map."""
        pairs: list[tuple[Expression, Expression]] = []
        while not self.takes("}"):
            key = self.expression()
            self.expect(":")
            pairs.append((key, self.expression()))
            if self.next.text != "}":
                self.expect(",")
        return tuple(pairs)

    def takes(self, *texts: str) -> str:
        """Take the next sign or reserved word if it is one of these, and return it; else return nothing."""
        token = self.next
        if token.text not in texts or token.kind not in ("sign", "word"):
            return ""
        self.at += 1
        return token.text

    def takes_name(self, *names: str) -> str:
        """Take the next name if it is one of these, which have a meaning only here."""
        token = self.next
        if token.kind != "name" or token.text.lower() not in names:
            return ""
        self.at += 1
        return token.text.lower()

    def name(self, what: str) -> str:
        """Take a name; `what` says what it should be."""
        token = self.next
        if token.kind != "name":
            self.fail(f"expected {what}, found {shown(token)}")
        self.at += 1
        return token.text

    def expect(self, text: str) -> None:
        """Take a sign or word that must be next."""
        if not self.takes(text):
            self.fail(f"expected {text}, found {shown(self.next)}")

    def finish(self) -> None:
        """Refuse what is left of the line."""
        if self.next.kind != "end":
            self.fail(f"unexpected {shown(self.next)}; one statement a line")

    def deepen(self) -> None:
        """Note one more level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}")

    def fail(self, detail: str) -> NoReturn:
        """Raise the error of this line."""
        fail(self.line, detail)


def shown(token: Token) -> str:
    """Return how a token is named in a message."""
    return token.written if token.kind == "end" else repr(token.written[:40])
