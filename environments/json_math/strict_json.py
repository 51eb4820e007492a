"""One JSON document, and nothing else: a parser for text that nobody vouches for.

It accepts a subset of RFC 8259 and agrees with `json.loads` on all of it. What it refuses beyond the RFC is what lets
an answer say two things at once or cost more than it is worth: repeated keys, invisible characters, numbers too long to
print, nesting too deep to walk. It reads the text once from left to right and never recurses deeper than `MAX_DEPTH`,
so that its time is linear in a text of at most `MAX_BYTES`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import NoReturn

from pydantic import JsonValue

from agentgym.environments.json_math.format_rules import MAX_BYTES, MAX_DEPTH, MAX_DIGITS, Rule, StrictJsonError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_DIGITS", "Rule", "StrictJsonError", "parse"]

# Longer keys are compared as they are written: composing many accents takes time that grows with their square.
MAX_COMPOSED_KEY = 200

BOM = "\ufeff"
# Characters that show nothing, although Unicode counts them among letters, marks and symbols.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U00016fe4\U0001d159")
BLANKS |= {
    chr(code) for first, end in ((0x180B, 0x1810), (0xFE00, 0xFE10), (0xE0100, 0xE01F0)) for code in range(first, end)
}

FENCES = ("```", "~~~")
COMMENTS = ("//", "/*", "#")
NOT_NUMBERS = ("NaN", "Infinity", "-Infinity")
WORDS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_CODE_UNIT = re.compile(r"\\u([0-9a-fA-F]{4})")
_LIKE_A_NUMBER = re.compile(r"[-+.\w]*")
_UNUSUAL = re.compile(r"[^ -~\t\n\r]")


def parse(data: bytes) -> JsonValue:
    """Return the value of the one JSON document that `data` holds.

    Integers come back as `int`, all other numbers as `float`.

    Raises:
        StrictJsonError: it is anything else. Nothing but this is ever raised.
    """
    if len(data) > MAX_BYTES:
        raise StrictJsonError(Rule.TOO_LONG, 0, f"{len(data):,} bytes; at most {MAX_BYTES:,} are read", "")
    try:
        # Lone surrogates come as three bytes that UTF-8 forbids; let through here, they get their own verdict below.
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        readable = data[: error.start].decode("utf-8", "surrogatepass")
        raise StrictJsonError(Rule.ENCODING, len(readable), error.reason, readable) from None
    if text.startswith(BOM):
        raise StrictJsonError(Rule.BYTE_ORDER_MARK, 0, "U+FEFF", text)
    for found in _UNUSUAL.finditer(text):
        _refuse_invisible(found[0], text, found.start())
    return _Reader(text).document()


def _refuse_invisible(character: str, text: str, position: int) -> None:
    """Refuse a character that shows nothing, which stands in the text or is what an escape there means."""
    category = unicodedata.category(character)
    if category == "Cs":
        raise StrictJsonError(Rule.SURROGATE, position, f"U+{ord(character):04X}", text)
    if (category.startswith(("C", "Z")) and character not in " \t\n\r") or character in BLANKS:
        raise StrictJsonError(Rule.INVISIBLE, position, f"U+{ord(character):04X}", text)


class _Reader:
    """A recursive-descent reader; `at` is the position of the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def document(self) -> JsonValue:
        self.skip_space()
        if not self.peek():
            self.fail(Rule.EMPTY, "expected a JSON document")
        if not self.starts_value():
            self.refuse_fence()
            self.refuse_comment()
            self.fail(Rule.TEXT_BEFORE, f"found {self.shown()}")
        value = self.value(depth=0)
        self.skip_space()
        if self.peek():
            self.refuse_fence()
            self.refuse_comment()
            if self.peek() in '{["':
                self.fail(Rule.SECOND_DOCUMENT, f"found {self.shown()}")
            self.fail(Rule.TEXT_AFTER, f"found {self.shown()}")
        return value

    def value(self, *, depth: int) -> JsonValue:
        self.skip_space()
        first = self.peek()
        if first in ("{", "[") and depth == MAX_DEPTH:
            self.fail(Rule.TOO_DEEP, f"at most {MAX_DEPTH} levels are read")
        if first == "{":
            return self.object(depth + 1)
        if first == "[":
            return self.array(depth + 1)
        if first == '"':
            return self.string()
        if self.starts(*NOT_NUMBERS):
            self.fail(Rule.NOT_FINITE, f"found {self.shown()}")
        if first in ("-", "+", ".") or first.isdigit():
            return self.number()
        return self.word()

    def object(self, depth: int) -> dict[str, JsonValue]:
        members: dict[str, JsonValue] = {}
        known: set[str] = set()
        self.at += 1
        while not self.closed_by("}", empty=not members):
            start = self.at
            if self.peek() != '"':
                self.refuse_comment()
                self.fail(Rule.SYNTAX, f"expected a key in double quotes, found {self.shown()}")
            key = self.string()
            composed = unicodedata.normalize("NFC", key) if len(key) <= MAX_COMPOSED_KEY else key
            if composed in known:
                self.fail(Rule.DUPLICATE_KEY, repr(key[:40]), at=start)
            known.add(composed)
            self.skip_space()
            if self.peek() != ":":
                self.refuse_comment()
                self.fail(Rule.SYNTAX, f"expected ':' after a key, found {self.shown()}")
            self.at += 1
            members[key] = self.value(depth=depth)
        return members

    def array(self, depth: int) -> list[JsonValue]:
        items: list[JsonValue] = []
        self.at += 1
        while not self.closed_by("]", empty=not items):
            items.append(self.value(depth=depth))
        return items

    def closed_by(self, bracket: str, *, empty: bool) -> bool:
        """Step over the closing bracket (True), or to the next member and over the comma before it (False)."""
        self.skip_space()
        if self.peek() == bracket:
            self.at += 1
            return True
        if empty:
            return False
        if self.peek() != ",":
            self.refuse_comment()
            self.fail(Rule.SYNTAX, f"expected ',' or '{bracket}', found {self.shown()}")
        comma = self.at
        self.at += 1
        self.skip_space()
        if self.peek() == bracket:
            self.fail(Rule.TRAILING_COMMA, f"before '{bracket}'", at=comma)
        return False

    def number(self) -> int | float:
        match = _NUMBER.match(self.text, self.at)
        after = self.text[match.end() : match.end() + 1] if match else ""
        if match is None or after.isalnum() or after in (".", "_", "+"):
            self.refuse_unicode_digit()
        if match is None:
            self.fail(Rule.BAD_NUMBER, f"found {self.shown()}")
        if match[0] in ("0", "-0") and after.isdigit():
            self.fail(Rule.LEADING_ZERO, f"found {self.shown()}")
        if after.isalnum() or after in (".", "_", "+"):
            self.fail(Rule.BAD_NUMBER, f"found {self.shown()}")
        if len(match[0]) > MAX_DIGITS:
            self.fail(Rule.TOO_MANY_DIGITS, f"{len(match[0]):,} characters; at most {MAX_DIGITS:,} are read")
        is_integer = match[2] is None and match[3] is None
        number = int(match[0]) if is_integer else float(match[0])
        if isinstance(number, float) and not math.isfinite(number):
            self.fail(Rule.NOT_FINITE, f"{self.shown()} is out of range")
        self.at = match.end()
        return number

    def refuse_unicode_digit(self) -> None:
        like = _LIKE_A_NUMBER.match(self.text, self.at)
        assert like is not None, "the pattern matches the empty text"
        for place, character in enumerate(like[0], self.at):
            if character.isdigit() and not character.isascii():
                self.fail(Rule.UNICODE_DIGIT, f"found {character!r}", at=place)

    def string(self) -> str:
        pieces: list[str] = []
        self.at += 1
        while True:
            plain = _PLAIN.match(self.text, self.at)
            assert plain is not None, "the pattern matches the empty text"
            pieces.append(plain[0])
            self.at = plain.end()
            if self.peek() == "\\":
                pieces.append(self.escape())
            elif self.peek() == '"':
                break
            else:
                self.fail(Rule.BAD_STRING, "it does not end, or holds a bare line break or tab")
        self.at += 1
        return "".join(pieces)

    def escape(self) -> str:
        start, character = self.at, self.escaped()
        _refuse_invisible(character, self.text, start)
        return character

    def escaped(self) -> str:
        kind = self.text[self.at + 1 : self.at + 2]
        if kind in ESCAPES:
            self.at += 2
            return ESCAPES[kind]
        start, unit = self.at, self.code_unit()
        if 0xD800 <= unit < 0xDC00 and self.starts("\\u"):
            low = self.code_unit()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        if 0xD800 <= unit < 0xE000:
            self.fail(Rule.SURROGATE, f"U+{unit:04X}", at=start)
        return chr(unit)

    def code_unit(self) -> int:
        match = _CODE_UNIT.match(self.text, self.at)
        if match is None:
            self.fail(Rule.BAD_STRING, f"unknown escape {self.shown()}")
        self.at = match.end()
        return int(match[1], 16)

    def word(self) -> JsonValue:
        for word, value in WORDS.items():
            if self.starts(word):
                self.at += len(word)
                return value
        self.refuse_comment()
        self.fail(Rule.SYNTAX, f"expected a value, found {self.shown()}")

    def refuse_comment(self) -> None:
        if self.starts(*COMMENTS):
            self.fail(Rule.COMMENT, f"found {self.shown()}")

    def refuse_fence(self) -> None:
        if self.starts(*FENCES):
            self.fail(Rule.FENCE, f"found {self.shown()}")

    def starts_value(self) -> bool:
        return self.starts("{", "[", '"', "-", "+", ".", *WORDS, *NOT_NUMBERS) or self.peek().isdigit()

    def starts(self, *texts: str) -> bool:
        return self.text.startswith(texts, self.at)

    def skip_space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        assert match is not None, "the pattern matches the empty text"
        self.at = match.end()

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def shown(self) -> str:
        return repr(self.text[self.at : self.at + 12]) if self.peek() else "the end"

    def fail(self, rule: Rule, detail: str, *, at: int | None = None) -> NoReturn:
        raise StrictJsonError(rule, self.at if at is None else at, detail, self.text)
