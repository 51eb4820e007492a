"""The lines of a program as tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from agentgym.environments.json_math.pseudocode.tree import PseudocodeError

MAX_CHARACTERS = 8_000
MAX_LINES = 200
MAX_TOKENS = 150
MAX_DIGITS = 300

_STATEMENT_WORDS = ("if", "elif", "else", "while", "for", "function", "return", "break", "continue")
_EXPRESSION_WORDS = ("and", "or", "not", "in", "mod", "div", "true", "false", "null")
RESERVED = frozenset((*_STATEMENT_WORDS, *_EXPRESSION_WORDS))
# Other writings of a word or sign; the language has one meaning for each.
WORDS = {
    "def": "function",
    "procedure": "function",
    "func": "function",
    "elseif": "elif",
    "elsif": "elif",
    "foreach": "for",
    "none": "null",
    "nil": "null",
}
# All words that the language itself gives a meaning to, functions aside.
_PLACES = ("each", "all", "from", "to", "downto", "upto", "down", "step", "by", "do", "then", "is", "with", "onto")
_ACTIONS = ("append", "add", "push", "remove", "delete", "sort", "reverse", "swap", "let", "set", "var")
STATEMENT_NAMES = (*_PLACES, *_ACTIONS)
SIGNS = {
    "←": ":=",
    "≔": ":=",
    "<>": "!=",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "**": "^",
    "×": "*",
    "·": "*",
    "−": "-",
    "//": "div",
    "%": "mod",
    "÷": "div",
    "//=": "div=",
    "%=": "mod=",
    "**=": "^=",
    "&&": "and",
    "∧": "and",
    "||": "or",
    "∨": "or",
    "¬": "not",
    "∈": "in",
}
_TOKEN = re.compile(
    r"""(?P<number>[0-9]+)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<string>"[^"\\]*"|'[^'\\]*')"""
    r"|(?P<sign>//=|\*\*=|\.\.|<-|:=|==|!=|<>|<=|>=|\+=|-=|\*=|/=|%=|\^=|//|\*\*|&&|\|\|"
    r"|[-+*/%^=<>(),.:\[\]{}←≔≠≤≥×·−÷∧∨¬∈])"
)
_SPACE = re.compile(r"[ \t]*")


class Token(NamedTuple):
    """One token: its kind (number, name, string, word or sign), what it means, and where it starts in the line."""

    kind: str
    text: str
    at: int
    written: str


class Line(NamedTuple):
    """One line that says something: its number from 1, how far it is indented, and its tokens."""

    number: int
    indent: int
    tokens: Sequence[Token]


def fail(line: int, detail: str) -> NoReturn:
    """Raise the error of a line."""
    raise PseudocodeError(f"line {line}: {detail}")


def is_name(text: str) -> bool:
    """Tell whether a program can use a text as a name."""
    match = _TOKEN.fullmatch(text)
    return match is not None and match.lastgroup == "name" and _token(match, 0).kind == "name"


def text_lines(text: str) -> list[str]:
    """Return the lines of a program; one line break at the end belongs to its last line."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def read_lines(text: str) -> list[Line]:
    """Return the lines that say something, those with only a comment and empty ones left out.

    Raises:
        PseudocodeError: a character or number that the language has not, or too much of either.
    """
    if len(text) > MAX_CHARACTERS:
        raise PseudocodeError(f"{len(text):,} characters; a program has at most {MAX_CHARACTERS:,}")
    written = text_lines(text)
    if len(written) > MAX_LINES:
        raise PseudocodeError(f"{len(written):,} lines; a program has at most {MAX_LINES}")
    lines = []
    indents: set[str] = set()
    for number, line in enumerate(written, 1):
        start = _SPACE.match(line)
        indent = start[0] if start else ""
        tokens = _tokens(line, number, len(indent))
        if tokens:
            lines.append(Line(number, len(indent), tokens))
            indents.update(indent)
            if len(indents) > 1:
                fail(number, "indented with tabs where other lines have spaces; use spaces")
    if not lines:
        raise PseudocodeError("the program is empty")
    return lines


def _tokens(line: str, number: int, at: int) -> list[Token]:
    tokens: list[Token] = []
    while at < len(line) and line[at] != "#":
        match = _TOKEN.match(line, at)
        if match is None:
            _refuse(line, number, at)
        tokens.append(_token(match, number))
        if len(tokens) > MAX_TOKENS:
            fail(number, f"more than {MAX_TOKENS} names, numbers and signs in one line")
        space = _SPACE.match(line, match.end())
        at = space.end() if space else match.end()
    return tokens


def _token(match: re.Match[str], number: int) -> Token:
    kind, written, at = str(match.lastgroup), match[0], match.start()
    if kind == "name":
        word = WORDS.get(written.lower(), written.lower())
        return Token("word", word, at, written) if word in RESERVED else Token("name", written, at, written)
    if kind == "number":
        after = match.string[match.end() : match.end() + 2]
        if after[:1].isalpha() or after[:1] == "_" or (after[:1] == "." and after[1:].isdigit()):
            fail(number, f"{written + after!r} is no integer; write 10^9, 1000, 7 div 2")
        if len(written) > MAX_DIGITS:
            fail(number, f"a number of {len(written):,} digits; at most {MAX_DIGITS} are read")
    if kind == "string":
        return Token(kind, written[1:-1], at, written)
    return Token(kind, SIGNS.get(written, written), at, written)


def _refuse(line: str, number: int, at: int) -> NoReturn:
    character = line[at]
    advice = {
        ";": "one statement a line, without ;",
        "!": "write not",
        '"': "a string ends on its line and has no backslash",
        "'": "a string ends on its line and has no backslash",
        "@": "the language has no decorators",
    }
    fail(number, advice.get(character, f"unexpected {character!r} at character {at + 1}"))
