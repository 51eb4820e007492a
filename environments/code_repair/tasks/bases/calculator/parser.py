"""Reading of expressions."""

from dataclasses import dataclass

from .tokenizer import InputError, Token

PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4}
NEGATION_PRECEDENCE = 3
RIGHT_ASSOCIATIVE = frozenset({"^"})


@dataclass(frozen=True)
class Node:
    """A `number`, `name`, `negation`, `binary` or `application`, with its text and the nodes that it is made of."""

    kind: str
    text: str
    parts: tuple["Node", ...] = ()


class Parser:
    """Reads one expression from tokens, the last of which is an `end`; raises `InputError` if they are none."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0

    def parse(self) -> Node:
        """Return the expression that all tokens together are."""
        node = self._expression()
        self._expect("")
        return node

    def _expression(self, lowest: int = 1) -> Node:
        left = self._operand()
        while PRECEDENCE.get(self._next().text, 0) >= lowest:
            operator = self._take().text
            level = PRECEDENCE[operator]
            right = self._expression(level if operator in RIGHT_ASSOCIATIVE else level + 1)
            left = Node("binary", operator, (left, right))
        return left

    def _operand(self) -> Node:
        token = self._take()
        if token.kind == "name" and self._next().text == "(":
            return Node("application", token.text, self._arguments())
        if token.kind in ("number", "name"):
            return Node(token.kind, token.text)
        if token.text == "-":
            return Node("negation", token.text, (self._expression(NEGATION_PRECEDENCE),))
        if token.text != "(":
            raise InputError(f"unexpected {token.text or token.kind}")
        inner = self._expression()
        self._expect(")")
        return inner

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        arguments = [self._expression()]
        while self._next().text == ",":
            self._take()
            arguments.append(self._expression())
        self._expect(")")
        return tuple(arguments)

    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._next()
        if token.kind != "end":
            self._position += 1
        return token

    def _expect(self, text: str) -> None:
        token = self._take()
        if token.text != text:
            raise InputError(f"expected {text or 'the end'}, found {token.text or 'the end'}")
