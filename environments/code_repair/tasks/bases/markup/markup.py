"""A small Markdown: from plain text to HTML."""

import re

from .headings import HEADING, Headings
from .inline import element, escape, to_inline
from .lists import ITEM, to_list

FENCE = "```"
QUOTE_MARK = re.compile(r"> ?")


def to_html(text: str) -> str:
    """Return the HTML of a text, each block in a line of its own."""
    return "\n".join(blocks_of(text.split("\n"), Headings()))


def outline(text: str) -> list[list[int | str]]:
    """Return [level, plain text, name] of each heading, in order; quoted ones, too."""
    headings = Headings()
    blocks_of(text.split("\n"), headings)
    return headings.outline


def blocks_of(lines: list[str], headings: Headings) -> list[str]:
    """Return the HTML of each block."""
    blocks: list[str] = []
    position = 0
    while position < len(lines):
        kind = kind_of(lines[position])
        end = position + 1
        while end < len(lines) and continues(kind, lines[end]):
            end += 1
        block = lines[position:end]
        if kind == "code":
            blocks.append(element("pre", escape("\n".join(block[1:]))))
            end += 1
        elif kind == "heading":
            blocks.append(headings.to_heading(block[0]))
        elif kind == "quote":
            inner = blocks_of([QUOTE_MARK.sub("", line, count=1) for line in block], headings)
            blocks.append(element("blockquote", "".join(inner)))
        elif kind == "list":
            blocks.append(to_list(block))
        elif kind == "text":
            blocks.append(element("p", to_inline(" ".join(line.strip() for line in block))))
        position = end
    return blocks


def kind_of(line: str) -> str:
    """Return what kind of block a line begins."""
    if not line.strip():
        return "empty"
    if line.startswith(FENCE):
        return "code"
    if HEADING.fullmatch(line):
        return "heading"
    if QUOTE_MARK.match(line):
        return "quote"
    return "list" if ITEM.fullmatch(line) else "text"


def continues(kind: str, line: str) -> bool:
    """Tell whether a line belongs to a block of a kind that has begun."""
    if kind == "code":
        return not line.startswith(FENCE)
    return kind != "heading" and kind_of(line) == kind
