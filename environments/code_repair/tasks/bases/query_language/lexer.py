"""Words, numbers, texts and symbols of a query."""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:'(?P<text>(?:[^']|'')*)'"
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<keyword>(?i:select|distinct|as|where|order|by|asc|desc|limit|and|or|not|in|like|is|null)\b)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<symbol>[<>!]=|[=<>(),*]))"
)


class QueryError(ValueError):
    """A query cannot be understood."""


@dataclass(frozen=True)
class Token:
    """A part of a query; `kind` is `keyword`, `name`, `text`, `number`, `symbol` or `end`."""

    kind: str
    text: str


def tokens_of(query: str) -> list[Token]:
    """Return the tokens of a query, an `end` as the last one; keywords in lower case, texts as what they mean.

    Raises:
        QueryError: there is a character that belongs to no token.
    """
    tokens: list[Token] = []
    query = query.rstrip()
    position = 0
    while position < len(query):
        found = TOKEN.match(query, position)
        if found is None or found.lastgroup is None:
            raise QueryError(f"cannot read {query[position:]}")
        text = found[found.lastgroup]
        if found.lastgroup == "keyword":
            text = text.lower()
        elif found.lastgroup == "text":
            text = text.replace("''", "'")
        tokens.append(Token(found.lastgroup, text))
        position = found.end()
    return [*tokens, Token("end", "")]
