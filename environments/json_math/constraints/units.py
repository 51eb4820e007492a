"""What constraints count: words, sentences, lines, characters and names, each as its one written definition says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from agentgym.environments.json_math.strict_json import BLANKS

TITLES = ("Mr", "Mrs", "Ms", "Dr", "Dra", "Sr", "Sra", "Prof", "St")
WORD = (
    "Words are separated by white space, by dashes (– — --), by ; ! ? … and by commas and colons that do not stand "
    'between two digits. A piece is a word if it has a letter or a digit: "well-known", "don\'t", "3.14", "10:30", '
    '"km/h" and "R$50" are one word each, "&" is none.'
)
SENTENCE = (
    "A sentence ends at . ! ? or … (several in a row are one end) with white space or the end of the text after it, "
    "closing quotes and brackets aside. It does not end there if the next letter or digit is a lower-case letter, or "
    "if what comes before the point is a single capital letter or one of "
    f"{', '.join(TITLES)}. Words after the last end make one more sentence; a stretch without words is none."
)
LINE = (
    "Lines are separated by line breaks; a line break at the very end adds none. All lines count, empty ones too. "
    "Where a number of lines is to be reached, an empty line or one that is only a comment (# or //) is a fault."
)
CHARACTER = (
    "A character is a letter, a digit, a mark, a space or a line break; a letter with its accent is one. A word's "
    "characters are those from its first letter or digit to its last."
)
NAME = (
    "A name is a run of letters, digits and underscores that does not start with a digit, outside of comments (from # "
    "or // to the end of the line) and of text in quotes. Its length is its number of characters."
)
MARK = (
    "A mark counts wherever it stands, inside numbers and abbreviations too; … is a mark of its own, and ... is three "
    "points."
)
PHRASE = (
    "A word or phrase is in a text if it stands there as written, capitals aside, without a letter or digit directly "
    'before or after it; a number must not be a part of a longer one (as 12 is of 12.5). "Lisbon\'s" has "Lisbon".'
)

_SEPARATOR = re.compile(r"(?:[\s‒–—―;!?…¿¡]|--|(?<![0-9])[,:]|[,:](?![0-9]))+")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s|\Z)")
_SIGN = re.compile(r"[^\W_]")
_PART = re.compile(r"[^\W_]+")
_NAME = re.compile(r"(?<!\w)[^\W\d]\w*")
_QUOTED_OR_COMMENT = re.compile(r"\"[^\"\n]*+\"|'[^'\n]*+'|(?:#|//)[^\n]*+")
_COMMENTS = ("#", "//")


def invisible(text: str) -> str:
    """Return the first character of a text that shows nothing, and where; empty if all can be seen."""
    for position, character in enumerate(text):
        if " " <= character <= "~" or character in "\t\n\r":
            continue
        if unicodedata.category(character).startswith(("C", "Z")) or character in BLANKS:
            return f"U+{ord(character):04X} at character {position} cannot be seen or is no plain space: leave it out"
    return ""


def normal(text: str) -> str:
    """Return a text in normal form NFC, with one kind of line break."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")


def words(text: str) -> list[str]:
    """Return the words of a text, each from its first letter or digit to its last."""
    return [word for piece in _SEPARATOR.split(normal(text)) if (word := core(piece))]


def core(piece: str) -> str:
    """Return a piece of text from its first letter or digit to its last."""
    start, end = 0, len(piece)
    while start < end and not piece[start].isalnum():
        start += 1
    while end > start and not piece[end - 1].isalnum():
        end -= 1
    return piece[start:end]


def parts(word: str) -> list[str]:
    """Return the runs of letters and digits that marks join to one word."""
    return _PART.findall(word)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with its mark at the end."""
    text = normal(text)
    found, start = [], 0
    for end in _END.finditer(text):
        if _ends(text, start, end):
            found.append(text[start : end.end()].strip())
            start = end.end()
    if words(text[start:]):
        found.append(text[start:].strip())
    return found


def _ends(text: str, start: int, end: re.Match[str]) -> bool:
    """Tell whether a mark ends a sentence that began at `start`."""
    following = _SIGN.search(text, end.end())
    if _SIGN.search(text, start, end.start()) is None or (following and following[0].islower()):
        return False
    # The longest title has four letters, so that a look back at six characters sees all of one.
    before = re.search(r"(?<!\w)\w+\Z", text[max(start, end.start() - 6) : end.start()])
    short = before[0] if before and end[0].startswith(".") else ""
    is_initial = len(short) == 1 and short.isupper()
    return following is None or not (is_initial or short in TITLES)


def lines(text: str) -> list[str]:
    """Return the lines of a text."""
    text = normal(text)
    return (text[:-1] if text.endswith("\n") else text).split("\n") if text else []


def empty_line(text: str) -> int:
    """Return the number, from 1, of the first line that is empty or only a comment; 0 if there is none."""
    rows = enumerate(lines(text), 1)
    return next((i for i, line in rows if not line.strip() or line.strip().startswith(_COMMENTS)), 0)


def names(text: str, keywords: Sequence[str] = ()) -> list[str]:
    """Return the names of a program in the order in which they first stand there, without its language's keywords."""
    code = _QUOTED_OR_COMMENT.sub(" ", normal(text))
    return [name for name in dict.fromkeys(_NAME.findall(code)) if name not in keywords]


def occurrences(phrase: str, text: str) -> int:
    """Return how often a word or phrase stands in a text; white space in it may be any."""
    pattern = r"\s+".join(re.escape(piece) for piece in _plain(phrase).split())
    before = r"(?<![^\W_])" + (r"(?<![0-9][.,:/])" if phrase[0].isdigit() else "")
    after = r"(?![^\W_])" + (r"(?![.,:/][0-9])" if phrase[-1].isdigit() else "")
    return len(re.findall(before + pattern + after, _plain(text)))


def _plain(text: str) -> str:
    return normal(text).casefold().replace("’", "'")
