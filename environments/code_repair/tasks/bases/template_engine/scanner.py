"""Splitting of a template into text and tags."""

import re
from dataclasses import dataclass

TAG = re.compile(r"\{\{(?P<output>.*?)\}\}|\{%(?P<command>.*?)%\}|\{#.*?#\}", re.DOTALL)
TRIM_MARK = "-"


@dataclass(frozen=True)
class Piece:
    """A part of a template, from a line on; `kind` is `text`, `output`, `command`, or `end` behind all others."""

    kind: str
    content: str
    line: int


def pieces_of(template: str) -> list[Piece]:
    """Return the pieces of a template, an `end` as the last one; comments are left out.

    White space before a tag whose content begins with a minus sign, and behind one that ends with it, is left out, too.
    """
    pieces: list[Piece] = []
    position = 0
    trimming = False
    for tag in TAG.finditer(template):
        text = template[position : tag.start()]
        text = text.lstrip() if trimming else text
        content = tag["output"] or tag["command"] or ""
        trimming = content.endswith(TRIM_MARK)
        line = 1 + template.count("\n", 0, tag.start())
        pieces.append(Piece("text", text.rstrip() if content.startswith(TRIM_MARK) else text, line))
        if tag.lastgroup is not None:
            pieces.append(Piece(tag.lastgroup, content.strip(TRIM_MARK).strip(), line))
        position = tag.end()
    rest = template[position:]
    last_line = 1 + template.count("\n")
    return [*pieces, Piece("text", rest.lstrip() if trimming else rest, last_line), Piece("end", "", last_line)]
