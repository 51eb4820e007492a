"""Reading of expressions."""

from .nodes import NEGATION_PRECEDENCE, PRECEDENCE, RIGHT_ASSOCIATIVE, Application, Binary, Name, Negation, Node, Number
from .tokenizer import InputError, Token


class Parser:
    """Reads one expression from a list of tokens that closes with an `end`."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0

    def parse(self) -> Node:
        """Return the expression that all tokens together are.

        Raises:
            InputError: they are none.
        """
        node = self._expression(lowest=1)
        self._expect("")
        return node

    def _expression(self, lowest: int) -> Node:
        left = self._operand()
        while PRECEDENCE.get(self._next().text, 0) >= lowest:
            operator = self._take().text
            level = PRECEDENCE[operator]
            right = self._expression(level if operator in RIGHT_ASSOCIATIVE else level + 1)
            left = Binary(operator, left, right)
        return left

    def _operand(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return Number(token.text)
        if token.kind == "name":
            return self._application(token.text) if self._next().text == "(" else Name(token.text)
        if token.text == "-":
            return Negation(self._expression(NEGATION_PRECEDENCE))
        if token.text == "(":
            inner = self._expression(lowest=1)
            self._expect(")")
            return inner
        raise InputError(f"unexpected {token.text or token.kind}")

    def _application(self, function: str) -> Node:
        self._expect("(")
        arguments = [self._expression(lowest=1)]
        while self._next().text == ",":
            self._take()
            arguments.append(self._expression(lowest=1))
        self._expect(")")
        return Application(function, tuple(arguments))

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
