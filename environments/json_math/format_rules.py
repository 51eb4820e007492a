"""The rules of a strict JSON document, and what is said to whoever breaks one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
MAX_DIGITS = 1_000
MOST_SHOWN_BEFORE, MOST_SHOWN_AFTER = 30, 20

_LINE_END = re.compile(r"\r\n|\r|\n")


class Rule(StrEnum):
    """The rules that a document can break."""

    ENCODING = "not UTF-8"
    TOO_LONG = "too long"
    BYTE_ORDER_MARK = "byte order mark"
    INVISIBLE = "invisible character"
    SURROGATE = "lone surrogate"
    UNICODE_DIGIT = "digit outside ASCII"
    FENCE = "code fence"
    COMMENT = "comment"
    EMPTY = "nothing there"
    TEXT_BEFORE = "text before the document"
    TEXT_AFTER = "text after the document"
    SECOND_DOCUMENT = "more than one document"
    TOO_DEEP = "nested too deeply"
    DUPLICATE_KEY = "duplicate key"
    TRAILING_COMMA = "trailing comma"
    NOT_FINITE = "number that is not finite"
    LEADING_ZERO = "leading zero"
    TOO_MANY_DIGITS = "too many digits"
    BAD_NUMBER = "malformed number"
    BAD_STRING = "malformed string"
    SYNTAX = "syntax"


REMEDIES: Mapping[Rule, str] = {
    Rule.ENCODING: "Send text in UTF-8.",
    Rule.TOO_LONG: f"Send at most {MAX_BYTES:,} bytes.",
    Rule.BYTE_ORDER_MARK: 'Begin with "{" itself, without a byte order mark.',
    Rule.INVISIBLE: "Leave the character out: between tokens use spaces and line breaks only.",
    Rule.SURROGATE: "Write the character itself, or both halves of its pair, as \\ud83d\\ude00.",
    Rule.UNICODE_DIGIT: "Write numbers with the digits 0 to 9.",
    Rule.FENCE: 'Send the bare document, without a code block around it: begin with "{" and end with "}".',
    Rule.COMMENT: "Leave the comment out: JSON has none.",
    Rule.EMPTY: 'Send one JSON document, as {"answer": 5}.',
    Rule.TEXT_BEFORE: 'Send the bare document, without any other text: begin with "{".',
    Rule.TEXT_AFTER: "Send the bare document, without any other text: end where it closes.",
    Rule.SECOND_DOCUMENT: "Send exactly one document: leave out what follows the first.",
    Rule.TOO_DEEP: f"Nest at most {MAX_DEPTH} objects and lists in one another.",
    Rule.DUPLICATE_KEY: "Give every key once, with one value.",
    Rule.TRAILING_COMMA: "Leave the comma out.",
    Rule.NOT_FINITE: "Write a finite number in digits.",
    Rule.LEADING_ZERO: "Write the number without zeros in front: 7, not 007.",
    Rule.TOO_MANY_DIGITS: f"Write numbers of at most {MAX_DIGITS:,} characters.",
    Rule.BAD_NUMBER: "Write integers as 7 or -7, other numbers as 0.5: digits around the point, no plus sign in front.",
    Rule.BAD_STRING: "End every string with a double quote; inside it, a line break is \\n, a tab \\t, a double quote "
    '\\" and a backslash \\\\.',
    Rule.SYNTAX: 'Write keys and strings in double quotes, ":" after a key, "," between members; values are strings, '
    "numbers, true, false, null, lists and objects.",
}


class StrictJsonError(ValueError):
    """The text is not exactly one acceptable JSON document.

    Attributes:
        rule: the rule that it breaks first.
        position: where, in characters from the start.
        line: where, in lines from 1.
        column: where in that line, in characters from 1.
        remedy: what to write instead.
    """

    def __init__(self, rule: Rule, position: int, detail: str, text: str) -> None:
        """Say which rule is broken by a text, where and how."""
        ends = [match.end() for match in _LINE_END.finditer(text, 0, position)]
        self.rule = rule
        self.position = position
        self.line = len(ends) + 1
        self.column = position - (ends[-1] if ends else 0) + 1
        self.remedy = REMEDIES[rule]
        self._around = _around(text, position, self.column - 1)
        super().__init__(f"{rule} at line {self.line}, column {self.column}: {detail}")

    def explained(self) -> str:
        """Return what is wrong, the place with a caret under it, and what to write instead."""
        return f"{self}\n{self._around}\n{self.remedy}"


def _around(text: str, position: int, column: int) -> str:
    """Return the characters around a position of a line, and a caret in the line below."""
    before = text[position - min(column, MOST_SHOWN_BEFORE) : position]
    after = _LINE_END.split(text[position : position + MOST_SHOWN_AFTER], maxsplit=1)[0]
    # One printable character for each: a caret is at its place only under what has a width of one.
    shown = "".join(c if " " <= c <= "~" or c.isalnum() else "\N{REPLACEMENT CHARACTER}" for c in before + after)
    return f"  {shown}\n  {' ' * len(before)}^"
