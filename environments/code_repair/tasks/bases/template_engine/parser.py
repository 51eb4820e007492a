"""Building of a tree from the pieces of a template."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .scanner import Piece

PATH = r"[A-Za-z_]\w*(?:\.\w+)*"
OUTPUT = re.compile(rf'({PATH})((?:\s*\|\s*\w+(?::(?:"[^"]*"|[0-9]+))?)*)')
FILTER = re.compile(r'\|\s*(\w+)(?::(?:"([^"]*)"|([0-9]+)))?')
IF = re.compile(rf"if\s+(not\s+)?({PATH})")
FOR = re.compile(rf"for\s+([A-Za-z_]\w*)\s+in\s+({PATH})")


class TemplateError(ValueError):
    """A template breaks a rule in a tag that begins in `line`, counted from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line


@dataclass
class Node:
    """A `text`, or an `output`, `if`, `if not` or `for` of the value at a path, with what belongs to it."""

    kind: str
    text: str
    line: int
    variable: str = ""
    filters: list[tuple[str, str | int | None]] = field(default_factory=list)
    body: list["Node"] = field(default_factory=list)
    otherwise: list["Node"] = field(default_factory=list)


def parse(pieces: list[Piece]) -> list[Node]:
    """Return the nodes that pieces stand for; a tag that is wrong, misplaced or missing is a `TemplateError`."""
    nodes, stop = parse_until(iter(pieces))
    if stop.kind != "end":
        raise TemplateError(stop.line, f"unexpected {stop.content}")
    return nodes


def parse_until(remaining: Iterator[Piece]) -> tuple[list[Node], Piece]:
    """Return the nodes before the next `else`, `end` or end of the template, and that piece."""
    nodes: list[Node] = []
    piece = next(remaining)
    while piece.kind != "end" and (piece.kind, piece.content) not in (("command", "else"), ("command", "end")):
        if piece.kind == "text":
            nodes.append(Node("text", piece.content, piece.line))
        elif piece.kind == "output":
            nodes.append(parse_output(piece))
        else:
            nodes.append(parse_block(piece, remaining))
        piece = next(remaining)
    return nodes, piece


def parse_block(opening: Piece, remaining: Iterator[Piece]) -> Node:
    """Return the condition or loop that a command begins."""
    if condition := IF.fullmatch(opening.content):
        block = Node("if not" if condition[1] else "if", condition[2], opening.line)
    elif loop := FOR.fullmatch(opening.content):
        block = Node("for", loop[2], opening.line, variable=loop[1])
    else:
        raise TemplateError(opening.line, f"unknown command {opening.content}")
    block.body, stop = parse_until(remaining)
    if stop.content == "else":
        block.otherwise, stop = parse_until(remaining)
    if stop.content != "end":
        raise TemplateError(opening.line, f"no end of {opening.content}")
    return block


def parse_output(piece: Piece) -> Node:
    """Return the value and the filters that an output tag names."""
    found = OUTPUT.fullmatch(piece.content)
    if found is None:
        raise TemplateError(piece.line, f"cannot show {piece.content!r}")
    filters = [(name, int(number) if number else text) for name, text, number in filters_of(found[2])]
    return Node("output", found[1], piece.line, filters=filters)


def filters_of(text: str) -> list[tuple[str, str | None, str | None]]:
    """Return the name, text argument and number argument of each filter, None where there is none."""
    return [(found[1], found[2], found[3]) for found in FILTER.finditer(text)]
